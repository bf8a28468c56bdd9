// The chat page: who one is, what stands in the chat, and what happens in it right now.

import { renderBubble } from "./bubble.js";
import { Composer } from "./composer.js";
import { act, listen, read } from "./door.js";
import { make } from "./entities.js";
import { dayOf, timeOf, wordsOf } from "./words.js";

const $ = (id) => document.getElementById(id);
const chats = new Map();
let current = null;
let atEnd = true;
let unseen = 0;
let online = true;

const composer = new Composer({ onSend: send });
const words = () => wordsOf(current?.language);

// Beginning

async function begin() {
  const { seq, chats: found } = await read("chats");
  for (const each of found.filter((chat) => chat.type === "private")) chats.set(each.id, newChat(each));
  await Promise.all([...chats.values()].map(loadMessages));
  listen(seq, { happened, reload: () => location.reload(), connected });
  const wanted = chats.get(Number(location.hash.slice(1)));
  const first = wanted ?? chats.values().next().value;
  if (first) await open(first);
  addEventListener("hashchange", () => {
    const asked = chats.get(Number(location.hash.slice(1)));
    if (asked && asked !== current) open(asked);
  });
  document.body.dataset.ready = "yes";
}

function newChat(found) {
  return {
    id: found.id, name: found.first_name, about: found.about, language: found.language_code,
    state: found.state, bot: found.bot, messages: new Map(), unread: 0, draft: "",
    typingUntil: 0, commands: [],
  };
}

async function loadMessages(chat) {
  for (const message of await read(`chats/${chat.id}/messages?everyone=1`)) {
    chat.messages.set(message.message_id, message);
  }
}

async function refresh() {
  const { chats: found } = await read("chats");
  for (const each of found) {
    const chat = chats.get(each.id);
    if (chat) Object.assign(chat, { bot: each.bot, state: each.state });
  }
  if (current) await showProfile();
}

// Who one is

async function open(chat) {
  if (current) current.draft = $("text").value;
  current = chat;
  chat.unread = 0;
  history.replaceState(null, "", `#${chat.id}`);
  document.documentElement.lang = chat.language || "en";
  for (const element of document.querySelectorAll("[data-word]")) {
    element.textContent = words()[element.dataset.word];
  }
  for (const element of document.querySelectorAll("[data-label]")) {
    element.setAttribute("aria-label", words()[element.dataset.label]);
  }
  $("people").setAttribute("aria-label", words().people);
  $("text").placeholder = words().placeholder;
  $("text").setAttribute("aria-label", words().placeholder);
  composer.show(chat.draft);
  renderLog();
  showPeople();
  showState();
  toEnd();
  await showProfile();
}

async function showProfile() {
  const chat = current;
  const commands = await read(`chats/${chat.id}/commands`);
  chat.commands = commands;
  if (chat !== current) return;
  composer.offer(commands);
  $("bot-name").textContent = chat.bot.name || "Sahman";
  $("description").textContent = chat.bot.description || words().noDescription;
}

function showPeople() {
  const before = document.activeElement?.dataset?.person;
  $("personas").replaceChildren(...[...chats.values()].map(renderPerson));
  if (before) document.querySelector(`[data-person="${before}"]`)?.focus();
  const unread = [...chats.values()].reduce((sum, chat) => sum + chat.unread, 0);
  document.title = `${unread ? `(${unread}) ` : ""}Sahman · demo`;
}

function renderPerson(chat, place) {
  const item = make("li");
  const button = make("button", "person");
  button.type = "button";
  button.lang = chat.language;
  button.dataset.person = chat.id;
  if (chat === current) button.setAttribute("aria-current", "true");
  const face = make("span", `face hue-${place % 4}`, [...chat.name][0]);
  face.setAttribute("aria-hidden", "true");
  const last = [...chat.messages.values()].at(-1);
  const lines = make("span", "lines");
  const name = make("span", "line");
  name.append(make("b", "", chat.name), make("time", "", last ? timeOf(last.date) : ""));
  lines.append(name, make("span", "about", chat.about));
  const preview = make("span", "line");
  const said = last ? last.text.replace(/\s+/g, " ").slice(0, 90) : wordsOf(chat.language).none;
  preview.append(make("span", "preview", last && !last.from_bot ? `${wordsOf(chat.language).you}: ${said}` : said));
  lines.append(preview);
  button.append(face, lines);
  if (chat.unread) {
    const badge = make("span", "badge", String(chat.unread));
    badge.setAttribute("aria-label", `${chat.unread} ${wordsOf(chat.language).unread}`);
    button.append(badge);
  }
  button.addEventListener("click", () => open(chat));
  item.append(button);
  return item;
}

function showState() {
  const fresh = current.state === "not_started";
  const blocked = current.state === "blocked";
  const closed = fresh || blocked;
  $("start").hidden = !closed;
  $("start").textContent = fresh ? words().start : words().restart;
  $("composer").hidden = closed;
  if (!closed) composer.fit();
  $("empty").hidden = current.messages.size > 0;
  $("block").hidden = closed;
  $("block").textContent = words().block;
  showStatus();
}

function showStatus() {
  const typing = current.typingUntil > Date.now();
  $("status").textContent = !online ? words().connecting : typing ? words().typing : words().bot;
  $("status").classList.toggle("busy", typing || !online);
  $("typing").hidden = !typing;
  if (typing && atEnd) toEnd();
}

// What stands in the chat

function renderLog() {
  const items = [];
  let day = "";
  for (const message of current.messages.values()) {
    const itsDay = dayOf(message.date, words());
    if (itsDay !== day) items.push(make("li", "day", itsDay));
    day = itsDay;
    items.push(bubbleOf(message));
  }
  $("log").replaceChildren(...items);
}

function bubbleOf(message) {
  return renderBubble(message, current, words(), { tap, command: send });
}

function rowOf(messageId) {
  return $("log").querySelector(`[data-id="${messageId}"]`);
}

function append(message) {
  const days = $("log").querySelectorAll(".day");
  const day = dayOf(message.date, words());
  if (days.length === 0 || days[days.length - 1].textContent !== day) {
    $("log").append(make("li", "day", day));
  }
  const row = bubbleOf(message);
  row.classList.add("fresh");
  $("log").append(row);
  $("empty").hidden = true;
  if (atEnd || !message.from_bot) {
    toEnd();
  } else {
    unseen += 1;
    showDown();
  }
}

function toEnd() {
  $("scroll").scrollTop = $("scroll").scrollHeight;
  atEnd = true;
  unseen = 0;
  showDown();
}

function showDown() {
  $("down").hidden = atEnd;
  $("down-count").hidden = unseen === 0;
  $("down-count").textContent = unseen;
}

$("scroll").addEventListener("scroll", () => {
  const { scrollTop, clientHeight, scrollHeight } = $("scroll");
  atEnd = scrollHeight - scrollTop - clientHeight < 60;
  if (atEnd) unseen = 0;
  showDown();
}, { passive: true });
new ResizeObserver(() => { if (atEnd) toEnd(); }).observe($("scroll"));
$("down").addEventListener("click", toEnd);

// What happens

function connected(now) {
  online = now;
  if (current) showStatus();
}

function happened(event) {
  if (event.kind === "profile") {
    refresh();
    return;
  }
  const chat = chats.get(event.chat_id);
  if (!chat) {
    if (event.kind === "chat" && event.chat_id > 0) location.reload();
    return;
  }
  const handle = HANDLERS[event.kind];
  if (handle) handle(chat, event);
}

const HANDLERS = {
  message(chat, { message }) {
    // Seen already when the page was loaded between the two.
    if (!message || chat.messages.has(message.message_id)) return;
    chat.messages.set(message.message_id, message);
    if (message.from_bot) chat.typingUntil = 0;
    if (chat === current) {
      showStatus();
      append(message);
    }
    if (message.from_bot && (chat !== current || document.hidden)) chat.unread += 1;
    showPeople();
  },
  edited(chat, { message }) {
    if (!message) return;
    chat.messages.set(message.message_id, message);
    const row = chat === current && rowOf(message.message_id);
    if (row) {
      const wasAtEnd = atEnd;
      row.replaceWith(bubbleOf(message));
      if (wasAtEnd) toEnd();
    }
    showPeople();
  },
  deleted(chat, { message_id: messageId }) {
    chat.messages.delete(messageId);
    if (chat === current) {
      renderLog();
      showState();
    }
    showPeople();
  },
  action(chat) {
    // Telegram shows an action for five seconds unless a message ends it.
    chat.typingUntil = Date.now() + 5000;
    setTimeout(() => { if (current) showStatus(); }, 5050);
    if (chat === current) showStatus();
  },
  chat(chat, { state }) {
    chat.state = state;
    if (chat === current) showState();
  },
};

document.addEventListener("visibilitychange", () => {
  if (document.hidden || !current) return;
  current.unread = 0;
  showPeople();
});

// What one does

async function send(text) {
  try {
    await act(`chats/${current.id}/messages`, { text });
  } catch (error) {
    toast(`${words().failed} ${error.message}`);
  }
}

async function tap(key, message, data) {
  if (key.classList.contains("waiting")) return;
  key.classList.add("waiting");
  key.setAttribute("aria-busy", "true");
  const said = words();
  try {
    const body = { message_id: message.message_id, button: data };
    const answer = await act(`chats/${message.chat_id}/taps`, body);
    if (!answer.answered) toast(said.silent);
    else if (answer.text && answer.alert) showAlert(answer.text);
    else if (answer.text) toast(answer.text);
  } catch (error) {
    toast(error.message);
  } finally {
    key.classList.remove("waiting");
    key.removeAttribute("aria-busy");
  }
}

let toastTimer = 0;
function toast(text) {
  $("toast").textContent = text;
  $("toast").hidden = false;
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => { $("toast").hidden = true; }, 3500);
}

function showAlert(text) {
  $("alert-text").textContent = text;
  $("alert").showModal();
}

$("start").addEventListener("click", async () => {
  try {
    if (current.state === "blocked") await act(`chats/${current.id}/unblock`);
    await act(`chats/${current.id}/messages`, { text: "/start" });
    $("text").focus({ preventScroll: true });
  } catch (error) {
    toast(error.message);
  }
});
$("block").addEventListener("click", () => act(`chats/${current.id}/block`));

begin();
