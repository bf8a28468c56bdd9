// What the page itself says, in the language of whoever one is. What the bot says comes from the bot.

export const WORDS = {
  hy: {
    who: "Ո՞վ եք դուք", people: "Մարդիկ",
    note: "Ցուցադրություն այս համակարգչի վրա։ Լուրերը հորինված են, այդպիսի լրատվամիջոցներ չկան։",
    bot: "բոտ", typing: "գրում է…", connecting: "միացում…", start: "Սկսել", restart: "Վերագործարկել բոտը",
    placeholder: "Հաղորդագրություն", menu: "Մենյու", send: "Ուղարկել", edited: "խմբագրված",
    today: "Այսօր", yesterday: "Երեկ", block: "Արգելափակել", whatCan: "Ի՞նչ կարող է այս բոտը",
    noDescription: "Սեղմեք ներքևի կոճակը, և բոտը կպատմի իր մասին։",
    down: "Դեպի վերջին հաղորդագրությունը", more: "Ցույց տալ ավելին", less: "Ցույց տալ պակաս",
    spoiler: "Թաքնված տեքստ, սեղմեք՝ տեսնելու համար", commands: "Հրամաններ", ok: "Լավ", log: "Հաղորդագրություններ",
    none: "Դեռ հաղորդագրություններ չկան", unread: "չկարդացված", you: "Դուք",
    silent: "Բոտը չպատասխանեց։", failed: "Չհաջողվեց ուղարկել։", file: "Ֆայլ", photo: "Լուսանկար",
    months: ["հունվարի", "փետրվարի", "մարտի", "ապրիլի", "մայիսի", "հունիսի",
      "հուլիսի", "օգոստոսի", "սեպտեմբերի", "հոկտեմբերի", "նոյեմբերի", "դեկտեմբերի"],
    day: (day, month) => `${month} ${day}`,
  },
  ru: {
    who: "Кто вы", people: "Люди",
    note: "Демонстрация на этом компьютере. Новости вымышлены, таких изданий не существует.",
    bot: "бот", typing: "печатает…", connecting: "соединение…", start: "Начать", restart: "Перезапустить бота",
    placeholder: "Сообщение", menu: "Меню", send: "Отправить", edited: "изменено",
    today: "Сегодня", yesterday: "Вчера", block: "Заблокировать", whatCan: "Что умеет этот бот?",
    noDescription: "Нажмите кнопку внизу, и бот расскажет о себе.",
    down: "К последнему сообщению", more: "Показать ещё", less: "Свернуть",
    spoiler: "Скрытый текст, нажмите, чтобы показать", commands: "Команды", ok: "Хорошо", log: "Сообщения",
    none: "Сообщений пока нет", unread: "непрочитанных", you: "Вы",
    silent: "Бот не ответил.", failed: "Не удалось отправить.", file: "Файл", photo: "Фотография",
    months: ["января", "февраля", "марта", "апреля", "мая", "июня",
      "июля", "августа", "сентября", "октября", "ноября", "декабря"],
    day: (day, month) => `${day} ${month}`,
  },
  en: {
    who: "Who you are", people: "People",
    note: "A demo on this machine. The news is made up; these publishers do not exist.",
    bot: "bot", typing: "typing…", connecting: "connecting…", start: "Start", restart: "Restart the bot",
    placeholder: "Message", menu: "Menu", send: "Send", edited: "edited",
    today: "Today", yesterday: "Yesterday", block: "Block", whatCan: "What can this bot do?",
    noDescription: "Press the button below and the bot will tell you about itself.",
    down: "To the newest message", more: "Show more", less: "Show less",
    spoiler: "Hidden text, press to show", commands: "Commands", ok: "OK", log: "Messages",
    none: "No messages yet", unread: "unread", you: "You",
    silent: "The bot did not answer.", failed: "It could not be sent.", file: "File", photo: "Photo",
    months: ["January", "February", "March", "April", "May", "June",
      "July", "August", "September", "October", "November", "December"],
    day: (day, month) => `${day} ${month}`,
  },
};

export function wordsOf(language) {
  return WORDS[language] ?? WORDS.en;
}

export function timeOf(seconds) {
  const at = new Date(seconds * 1000);
  return `${String(at.getHours()).padStart(2, "0")}:${String(at.getMinutes()).padStart(2, "0")}`;
}

export function dayOf(seconds, words) {
  const at = new Date(seconds * 1000);
  const days = Math.round((midnight(new Date()) - midnight(at)) / 86_400_000);
  if (days === 0) return words.today;
  if (days === 1) return words.yesterday;
  return words.day(at.getDate(), words.months[at.getMonth()]);
}

function midnight(at) {
  return new Date(at.getFullYear(), at.getMonth(), at.getDate());
}
