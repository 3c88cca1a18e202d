// How long the task stays in these hands: counted down where it is seen, and begun anew while somebody works.
import { sayTrouble } from "./trouble.js";

const ASK_AGAIN = 60000; // milliseconds between looks whether the task is still ours
const AT_MOST = 5000; // and never more often than this

export function watchLease() {
  const shown = document.getElementById("lease");
  if (!shown) return;
  const language = document.documentElement.lang;
  const minutes = new Intl.NumberFormat(language, { style: "unit", unit: "minute" });
  const limit = Number(shown.dataset.limit) * 1000;
  let until = Date.now() + Number(shown.dataset.left) * 1000;
  let asked = Date.now();
  let isOver = false;

  function show() {
    const left = Math.max(Math.ceil((until - Date.now()) / 1000), 0);
    const time = left >= 120 ? minutes.format(Math.floor(left / 60)) : `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
    shown.textContent = shown.dataset.words.replace("{time}", time);
    shown.classList.toggle("soon", left < 120 && left > 0);
    shown.classList.toggle("late", left === 0);
    if (left === 0 && !isOver) {
      isOver = true;
      sayTrouble("gone");
    }
  }

  async function renew() {
    asked = Date.now();
    const csrf = document.querySelector("#answer [name=csrf]").value;
    let answer;
    try {
      answer = await fetch(shown.dataset.url, { method: "POST", body: new URLSearchParams({ csrf }), headers: { Accept: "application/json" } });
    } catch {
      return; // Submitting says so; until then nothing is lost.
    }
    if (answer.ok) {
      until = Date.now() + (await answer.json()).seconds * 1000;
      show();
    } else if (answer.status === 409) {
      isOver = true;
      sayTrouble("gone");
    } else if (answer.status === 403) sayTrouble("closed");
  }

  function work() {
    const [now, left] = [Date.now(), until - Date.now()];
    if (isOver || now - asked < (left < limit / 2 ? AT_MOST : ASK_AGAIN)) return;
    renew();
  }

  for (const event of ["keydown", "pointerdown", "pointermove", "input", "wheel"]) {
    document.addEventListener(event, work, { passive: true });
  }
  // Somebody may have come back from somewhere else: is it still ours?
  document.addEventListener("visibilitychange", () => { if (!document.hidden) work(); });
  setInterval(show, 1000);
  show();
  if (until - Date.now() < limit / 2) asked = 0;
}
