// From text and entities to elements. Text only ever becomes text nodes: nothing here is HTML.

const TAGS = {
  bold: "strong", italic: "em", underline: "u", strikethrough: "s", code: "code", pre: "pre",
  blockquote: "blockquote", expandable_blockquote: "blockquote",
};

const FOLDED_FROM = 160;

// Offsets count UTF-16 units, and so do JavaScript's strings.
export function renderText(message, words, onCommand) {
  const entities = [...(message.entities ?? [])]
    .sort((a, b) => a.offset - b.offset || b.length - a.length);
  const fragment = document.createDocumentFragment();
  fill(fragment, message.text, 0, message.text.length, entities, { words, onCommand });
  return fragment;
}

function fill(parent, text, start, end, entities, context) {
  let at = start;
  for (let i = 0; i < entities.length; i += 1) {
    const entity = entities[i];
    if (entity.offset < at) continue;
    if (entity.offset >= end) break;
    if (entity.offset > at) parent.append(text.slice(at, entity.offset));
    const stop = Math.min(entity.offset + entity.length, end);
    const inner = entities.slice(i + 1).filter((each) => each.offset < stop);
    const piece = text.slice(entity.offset, stop);
    const element = elementOf(entity, piece, context);
    fill(element, text, entity.offset, stop, inner, context);
    parent.append(element);
    if (entity.type === "expandable_blockquote" && piece.length > FOLDED_FROM) makeExpandable(element, context.words);
    // A block ends its own line: the newline after it would show as an empty one.
    at = isBlock(entity) && text[stop] === "\n" && stop < end ? stop + 1 : stop;
  }
  if (at < end) parent.append(text.slice(at, end));
}

function isBlock(entity) {
  return entity.type === "pre" || entity.type.endsWith("blockquote");
}

function elementOf(entity, piece, { words, onCommand }) {
  if (entity.type === "text_link" || entity.type === "url") return link(entity.url ?? piece);
  if (entity.type === "email") return link(`mailto:${piece}`);
  if (entity.type === "spoiler") return spoiler(words);
  if (entity.type === "bot_command") {
    const command = make("button", "command");
    command.type = "button";
    command.addEventListener("click", () => onCommand(piece));
    return command;
  }
  if (TAGS[entity.type]) return make(TAGS[entity.type]);
  return make("span", entity.type === "hashtag" || entity.type === "mention" ? "tag" : "");
}

function link(url) {
  const element = make("a");
  if (/^(https?:\/\/|mailto:)/i.test(url)) {
    element.href = url;
    element.target = "_blank";
    element.rel = "noopener noreferrer";
  }
  return element;
}

function spoiler(words) {
  const element = make("span", "spoiler");
  element.tabIndex = 0;
  element.setAttribute("role", "button");
  element.setAttribute("aria-label", words.spoiler);
  const show = (event) => {
    if (event.type === "keydown" && event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    element.classList.add("shown");
    element.removeAttribute("role");
    element.removeAttribute("aria-label");
    element.removeAttribute("tabindex");
    element.removeEventListener("click", show);
    element.removeEventListener("keydown", show);
  };
  element.addEventListener("click", show);
  element.addEventListener("keydown", show);
  return element;
}

function makeExpandable(quote, words) {
  quote.classList.add("folded");
  const more = make("button", "more");
  more.type = "button";
  more.textContent = words.more;
  more.addEventListener("click", () => {
    const folded = quote.classList.toggle("folded");
    more.textContent = folded ? words.more : words.less;
  });
  quote.append(more);
}

export function make(tag, className = "", text = "") {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text) element.textContent = text;
  return element;
}
