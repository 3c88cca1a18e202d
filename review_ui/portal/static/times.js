// Times in the reader's zone: the server writes them in UTC, and that stays where this script does not run.
const CLOCK = { hour: "2-digit", minute: "2-digit" };
const DAY = { year: "numeric", month: "short", day: "numeric" };
const FORMS = { minute: { ...DAY, ...CLOCK }, second: { ...DAY, ...CLOCK, second: "2-digit" }, day: DAY, clock: CLOCK };

export function showTimes(within) {
  // Of the page's language, the kind that the reader speaks: what comes first, day or month, differs within English.
  const own = document.documentElement.lang;
  const language = navigator.languages.find((each) => each === own || each.startsWith(`${own}-`)) ?? own;
  for (const time of within.querySelectorAll("time[data-form]")) {
    const at = new Date(time.dateTime);
    if (Number.isNaN(at.getTime())) continue;
    time.title = time.textContent;
    time.textContent = new Intl.DateTimeFormat(language, FORMS[time.dataset.form]).format(at);
    delete time.dataset.form;
  }
}
