"use strict";
(() => {
  const byId = (id) => document.getElementById(id);
  const progress = () => byId("progress");
  const say = (text) => { progress().textContent = text; };
  let busy = false;
  const work = (on) => {
    busy = on;
    document.querySelector("main").setAttribute("aria-busy", String(on));
  };

  // Puts the parts in place that changed; what is typed elsewhere stays.
  const put = (text) => {
    const page = new DOMParser().parseFromString(text, "text/html");
    for (const fresh of page.querySelectorAll(".part")) {
      const old = byId(fresh.id);
      if (!old || old.outerHTML === fresh.outerHTML) continue;
      if (fresh.id === "progress") {
        // A region is read out if its text changes, not if it is another region.
        old.toggleAttribute("data-working", fresh.hasAttribute("data-working"));
        old.toggleAttribute("data-ended", fresh.hasAttribute("data-ended"));
        old.textContent = fresh.textContent;
        continue;
      }
      const focused = old.contains(document.activeElement);
      const part = document.adoptNode(fresh);
      old.replaceWith(part);
      if (!focused) continue;
      const next = part.querySelector("input[name=reason]") ?? part.closest(".item")?.querySelector("summary");
      next?.focus({ preventScroll: true });
    }
    return progress().hasAttribute("data-working");
  };

  const gone = "The review has ended, or cannot be reached. What was accepted stays accepted. To go on, start it again.";
  const ended = () => progress().hasAttribute("data-ended");
  const wait = (milliseconds) => new Promise((resolve) => { setTimeout(resolve, milliseconds); });
  const ask = async (url, options) => {
    const answer = await fetch(url, { ...options, headers: { Accept: "text/fragment+html" }, cache: "no-store" });
    const text = await answer.text();
    if (answer.headers.get("Content-Type")?.startsWith("text/html")) return put(text);
    say(text);
    return false;
  };
  const send = async (form, button) => {
    if (busy) {
      say("The decision before this one is still being checked.");
      return;
    }
    work(true);
    const body = new URLSearchParams(new FormData(form, button));
    try {
      let working = await ask(form.action, { method: "POST", body });
      while (working) {
        await wait(300);
        working = await ask("state", {});
      }
    } catch {
      say(gone);
    } finally {
      work(false);
    }
  };
  addEventListener("submit", (event) => {
    if (!event.target.matches(".decision, #finish")) return;
    event.preventDefault();
    if (!ended()) send(event.target, event.submitter);
  });

  // Reading is use as well: the server hears of it once a minute.
  let heard = Date.now();
  const use = () => {
    if (busy || ended() || Date.now() - heard < 60000) return;
    heard = Date.now();
    fetch("state", { method: "HEAD", cache: "no-store" }).catch(() => say(gone));
  };
  for (const sort of ["keydown", "pointerdown", "scroll"]) {
    addEventListener(sort, use, { capture: true, passive: true });
  }

  const current = () => document.activeElement?.closest(".item");
  const decide = (what) => {
    const item = current();
    if (!item) {
      say("Go to a group or scenario first: j and k.");
      return;
    }
    const form = item.querySelector("form.decision");
    if (!form) {
      say("There is nothing left to decide here.");
      return;
    }
    what(item, form);
  };
  const commands = {
    a: () => decide((item, form) => {
      item.open = true;
      form.elements.reason.focus();
    }),
    r: () => decide((_, form) => form.requestSubmit(form.querySelector(".reject"))),
    q: () => byId("finish").querySelector("button")?.focus(),
  };
  // Before the keys of every page, which listen at the window.
  document.addEventListener("keydown", (event) => {
    if (event.target instanceof HTMLInputElement) {
      if (event.target.name !== "reason") return;
      // What is typed is no command.
      event.stopPropagation();
      if (event.key === "Escape") event.target.closest(".item").querySelector("summary").focus();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    if (Object.hasOwn(commands, event.key)) {
      event.preventDefault();
      commands[event.key]();
    }
  });
})();
