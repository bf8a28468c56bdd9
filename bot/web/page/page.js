"use strict";
// Keeps the page live: sections that changed are replaced, what is open and focused stays so.
(() => {
  const live = document.getElementById("live");
  const root = document.documentElement;
  const parser = new DOMParser();

  // What tells a control in the new section from the others.
  const handle = (node) =>
    node.name && node.value
      ? `button[name="${node.name}"][value="${CSS.escape(node.value)}"]`
      : node.getAttribute("href")
        ? `a[href="${CSS.escape(node.getAttribute("href"))}"]`
        : node.localName === "summary" && node.parentElement.id
          ? `#${CSS.escape(node.parentElement.id)} > summary`
          : "";

  const replace = (old, fresh) => {
    for (const details of old.querySelectorAll("details[id]")) {
      const same = fresh.querySelector(`#${CSS.escape(details.id)}`);
      if (same) same.open = details.open;
    }
    if (old.outerHTML === fresh.outerHTML) return;
    const focused = old.contains(document.activeElement) ? handle(document.activeElement) : "";
    old.replaceWith(fresh);
    if (focused) fresh.querySelector(focused)?.focus({ preventScroll: true });
  };

  const take = (html) => {
    const sections = [...parser.parseFromString(html, "text/html").querySelectorAll("section")];
    const known = [...live.querySelectorAll("section")];
    if (sections.map((each) => each.id).join() !== known.map((each) => each.id).join()) {
      live.replaceChildren(...sections);
    } else {
      sections.forEach((fresh, place) => replace(known[place], fresh));
    }
  };

  const source = new EventSource("/live");
  source.onopen = () => root.setAttribute("data-live", "on");
  source.onerror = () => root.setAttribute("data-live", "off");
  source.onmessage = (event) => take(event.data);
})();
