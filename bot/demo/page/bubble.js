// One message as it stands in the chat: its bubble, what hangs under it, and its time.

import { make, renderText } from "./entities.js";
import { timeOf } from "./words.js";

export function renderBubble(message, chat, words, on) {
  const row = make("li", message.from_bot ? "row in" : "row out");
  row.dataset.id = message.message_id;
  const stack = make("div", "stack");
  const bubble = make("div", "bubble");
  const quoted = message.reply_to && chat.messages.get(message.reply_to);
  if (quoted) {
    const reply = make("div", "reply");
    reply.append(make("b", "", quoted.sender), make("span", "", quoted.text.slice(0, 80)));
    bubble.append(reply);
  }
  if (message.media) bubble.append(renderMedia(message.media, words));
  if (message.text) {
    const text = make("div", "text");
    text.append(renderText(message, words, on.command));
    bubble.append(text);
  }
  bubble.append(renderMeta(message, words));
  stack.append(bubble);
  if (message.reactions?.length) {
    stack.append(make("div", "reactions", message.reactions.map((each) => each.emoji).join(" ")));
  }
  const rows = message.reply_markup?.inline_keyboard;
  if (rows) stack.append(renderKeyboard(rows, message, on.tap));
  row.append(stack);
  return row;
}

function renderMeta(message, words) {
  const meta = make("span", "meta");
  if (message.edited && message.from_bot) meta.append(make("span", "", words.edited));
  const time = make("time", "", timeOf(message.date));
  time.dateTime = new Date(message.date * 1000).toISOString();
  meta.append(time);
  return meta;
}

function renderMedia(media, words) {
  const url = `/people/files/${encodeURIComponent(media.file_id)}`;
  if (media.kind === "photo") {
    const image = make("img", "photo");
    image.src = url;
    image.alt = words.photo;
    return image;
  }
  const file = make("a", "file");
  file.href = url;
  file.download = media.file_name;
  file.append(make("span", "file-icon", "↓"), make("span", "", media.file_name || words.file));
  return file;
}

function renderKeyboard(rows, message, tap) {
  const keyboard = make("div", "keyboard");
  for (const row of rows) {
    const line = make("div", "keys");
    for (const button of row) line.append(renderKey(button, message, tap));
    keyboard.append(line);
  }
  return keyboard;
}

function renderKey(button, message, tap) {
  if (button.url) {
    const link = make("a", "key link", button.text);
    link.href = button.url;
    link.target = "_blank";
    link.rel = "noopener noreferrer";
    return link;
  }
  const key = make("button", "key", button.text);
  key.type = "button";
  if (button.callback_data) {
    key.dataset.data = button.callback_data;
    key.addEventListener("click", () => tap(key, message, button.callback_data));
  } else {
    key.disabled = true;
  }
  return key;
}
