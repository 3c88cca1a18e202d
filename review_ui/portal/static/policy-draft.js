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
