// Where one writes: the text, the menu of commands, and the keys that move through it.

import { make } from "./entities.js";

export class Composer {
  constructor({ onSend }) {
    this.onSend = onSend;
    this.offered = [];
    this.shown = [];
    this.chosen = -1;
    for (const id of ["composer", "text", "send", "menu", "commands"]) {
      this[id] = document.getElementById(id);
    }
    this.composer.addEventListener("submit", (event) => { event.preventDefault(); this.submit(); });
    this.text.addEventListener("input", () => this.typed());
    this.text.addEventListener("keydown", (event) => this.pressed(event));
    this.menu.addEventListener("click", () => this.toggleMenu());
    document.addEventListener("click", (event) => {
      if (!this.commands.contains(event.target) && !this.composer.contains(event.target)) this.close();
    });
  }

  // Drafts belong to persons: changing over keeps what each had begun to write.
  show(draft) {
    this.text.value = draft;
    this.close();
    this.fit();
  }

  offer(commands) {
    this.offered = commands;
    this.menu.hidden = commands.length === 0;
    if (!this.commands.hidden) this.typed();
  }

  submit() {
    const text = this.text.value.trim();
    if (!text) return;
    this.text.value = "";
    this.close();
    this.fit();
    this.onSend(text);
  }

  typed() {
    this.fit();
    const typed = /^\/([a-z0-9_]*)$/i.exec(this.text.value);
    if (typed) {
      this.open(this.offered.filter((each) => each.command.startsWith(typed[1].toLowerCase())));
    } else {
      this.close();
    }
  }

  toggleMenu() {
    if (!this.commands.hidden) {
      this.close();
      return;
    }
    this.open(this.offered);
    this.text.focus();
  }

  open(commands) {
    this.shown = commands;
    this.chosen = -1;
    this.commands.replaceChildren(...commands.map((each, place) => {
      const option = make("li", "option");
      option.id = `option-${place}`;
      option.setAttribute("role", "option");
      option.append(make("b", "", `/${each.command}`), make("span", "", each.description));
      option.addEventListener("click", () => this.take(each.command));
      return option;
    }));
    this.setOpen(commands.length > 0);
  }

  close() {
    this.shown = [];
    this.setOpen(false);
  }

  setOpen(open) {
    this.commands.hidden = !open;
    this.menu.setAttribute("aria-expanded", String(open));
    if (!open) this.text.removeAttribute("aria-activedescendant");
  }

  take(command) {
    this.text.value = "";
    this.close();
    this.fit();
    this.onSend(`/${command}`);
    this.text.focus();
  }

  choose(place) {
    const count = this.shown.length;
    this.chosen = (place + count) % count;
    [...this.commands.children].forEach((option, index) => {
      option.setAttribute("aria-selected", String(index === this.chosen));
    });
    const option = this.commands.children[this.chosen];
    option.scrollIntoView({ block: "nearest" });
    this.text.setAttribute("aria-activedescendant", option.id);
  }

  pressed(event) {
    const open = !this.commands.hidden;
    if (open && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
      event.preventDefault();
      const up = event.key === "ArrowUp";
      this.choose(this.chosen < 0 ? (up ? -1 : 0) : this.chosen + (up ? -1 : 1));
    } else if (open && event.key === "Escape") {
      this.close();
    } else if (open && event.key === "Tab" && !event.shiftKey) {
      // Completes the name and leaves room for what the command is about.
      event.preventDefault();
      this.text.value = `/${this.shown[Math.max(this.chosen, 0)].command} `;
      this.close();
      this.fit();
    } else if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      if (open && this.chosen >= 0) this.take(this.shown[this.chosen].command);
      else this.submit();
    }
  }

  fit() {
    this.send.disabled = this.text.value.trim() === "";
    this.text.style.height = "auto";
    this.text.style.height = `${Math.min(this.text.scrollHeight, 160)}px`;
  }
}
