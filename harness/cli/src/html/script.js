"use strict";
(() => {
  const byId = (id) => document.getElementById(id);
  const [filter, shown, help, keys, look] = ["filter", "shown", "help", "keys", "look"].map(byId);
  const items = [...document.querySelectorAll(".item")];
  const scenarios = items.filter((item) => item.classList.contains("scenario"));

  // The text of a large page is gathered when it is first asked for.
  let texts = null;
  const apply = () => {
    const words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
    texts ??= new Map(items.map((item) => [item, item.textContent.toLowerCase()]));
    for (const item of items) {
      item.hidden = !words.every((word) => texts.get(item).includes(word));
    }
    for (const section of document.querySelectorAll("main section")) {
      section.hidden = words.length > 0 && !section.querySelector(".item:not([hidden])");
    }
    const left = scenarios.filter((scenario) => !scenario.hidden).length;
    shown.textContent = words.length ? `${left} of ${scenarios.length} that differ` : "";
  };
  filter.addEventListener("input", apply);

  const foldAll = (open) => {
    for (const item of items) {
      if (!item.hidden) item.open = open;
    }
  };
  byId("unfold").addEventListener("click", () => foldAll(true));
  byId("fold").addEventListener("click", () => foldAll(false));

  const looks = ["system", "light", "dark"];
  const turn = () => {
    const next = looks[(looks.indexOf(document.documentElement.dataset.look ?? "system") + 1) % 3];
    if (next === "system") delete document.documentElement.dataset.look;
    else document.documentElement.dataset.look = next;
    look.textContent = `Look: ${next}`;
  };
  look.addEventListener("click", turn);

  const tellKeys = () => {
    help.hidden = !help.hidden;
    keys.setAttribute("aria-expanded", String(!help.hidden));
  };
  keys.addEventListener("click", tellKeys);

  const go = (item) => {
    item.querySelector("summary").focus({ preventScroll: true });
    item.scrollIntoView({ block: "nearest" });
  };
  const unfoldTarget = () => {
    const target = byId(decodeURIComponent(location.hash.slice(1)));
    const item = target?.closest(".item");
    if (!item) return;
    if (item.hidden) {
      filter.value = "";
      apply();
    }
    item.open = true;
    item.querySelector("summary").focus({ preventScroll: true });
    item.scrollIntoView({ block: "start" });
  };
  addEventListener("hashchange", unfoldTarget);
  unfoldTarget();

  const visible = () => items.filter((item) => !item.hidden);
  const current = (among) => among.findIndex((item) => item.contains(document.activeElement));
  const step = (by) => {
    const among = visible();
    if (!among.length) return;
    const at = current(among);
    const from = at < 0 && by < 0 ? 0 : at;
    go(among[(from + by + among.length) % among.length]);
  };
  const end = (at) => {
    const item = visible().at(at);
    if (item) go(item);
  };
  const commands = {
    "/": () => { filter.focus(); filter.select(); },
    "?": tellKeys,
    "j": () => step(1),
    "k": () => step(-1),
    "g": () => end(0),
    "G": () => end(-1),
    "u": () => foldAll(true),
    "f": () => foldAll(false),
    "t": turn,
  };
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target === filter) {
      if (event.key === "Escape") { filter.value = ""; apply(); filter.blur(); }
      if (event.key === "Enter" || event.key === "ArrowDown") { event.preventDefault(); filter.blur(); end(0); }
      return;
    }
    // Arrow keys scroll the page, but for who goes from summary to summary.
    const arrow = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (arrow && event.target instanceof HTMLElement && event.target.matches(".item > summary")) {
      event.preventDefault();
      step(arrow);
    } else if (Object.hasOwn(commands, event.key)) {
      event.preventDefault();
      commands[event.key]();
    }
  });
})();
