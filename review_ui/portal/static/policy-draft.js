// While somebody writes a draft, lint and tests are asked of the server, which says what the command line says.
const form = document.getElementById("draft");
const text = document.getElementById("text");
const PAUSE = 300;
let timer = 0;
let asked = 0;

async function lint() {
  const mine = ++asked;
  const body = new FormData(form);
  try {
    const answer = await fetch(form.dataset.lint, { method: "POST", body });
    if (!answer.ok || mine !== asked) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const said = page.getElementById("lint");
    if (said) document.getElementById("lint").replaceWith(said);
  } catch {
    // Offline: what stands there stays; saving says the same.
  }
}

text?.addEventListener("input", () => {
  clearTimeout(timer);
  timer = setTimeout(lint, PAUSE);
});

// While a backtest runs, its own section is fetched anew; what is being written stays as it is.
async function look() {
  const section = document.getElementById("backtest");
  if (!section?.hasAttribute("data-running")) return;
  try {
    const answer = await fetch(location.pathname);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.getElementById("backtest");
    if (answer.ok && fresh) section.replaceWith(fresh);
  } catch {
    // The next look tries again.
  }
  setTimeout(look, 2000);
}
setTimeout(look, 1000);
