"use strict";
(() => {
  const filter = document.getElementById("filter");
  const shown = document.getElementById("shown");
  const scenarios = [...document.querySelectorAll(".scenario")];
  const texts = scenarios.map((scenario) => scenario.textContent.toLowerCase());

  const apply = () => {
    const words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
    let count = 0;
    scenarios.forEach((scenario, index) => {
      const fits = words.every((word) => texts[index].includes(word));
      scenario.hidden = !fits;
      count += fits ? 1 : 0;
    });
    shown.textContent = words.length ? `${count} of ${scenarios.length} shown` : "";
  };
  filter.addEventListener("input", apply);

  const foldAll = (open) => {
    document.querySelectorAll("main details").forEach((details) => { details.open = open; });
  };
  document.getElementById("unfold").addEventListener("click", () => foldAll(true));
  document.getElementById("fold").addEventListener("click", () => foldAll(false));

  const unfoldTarget = () => {
    const target = document.getElementById(location.hash.slice(1));
    if (target instanceof HTMLDetailsElement) {
      target.hidden = false;
      target.open = true;
      target.scrollIntoView();
      target.querySelector("summary").focus();
    }
  };
  addEventListener("hashchange", unfoldTarget);
  unfoldTarget();

  const step = (by) => {
    const visible = scenarios.filter((scenario) => !scenario.hidden);
    if (!visible.length) return;
    const at = visible.findIndex((scenario) => scenario.contains(document.activeElement));
    const from = at < 0 && by < 0 ? 0 : at;
    const next = visible[(from + by + visible.length) % visible.length];
    next.querySelector("summary").focus();
    next.scrollIntoView({ block: "nearest" });
  };
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target === filter) {
      if (event.key === "Escape") { filter.value = ""; apply(); filter.blur(); }
      return;
    }
    if (event.key === "/") { event.preventDefault(); filter.focus(); }
    if (event.key === "j") step(1);
    if (event.key === "k") step(-1);
  });
})();
