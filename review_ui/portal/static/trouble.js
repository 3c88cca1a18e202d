// Says why a form was not taken, and what to do about it; the words are the page's.
const box = document.getElementById("trouble");

export function sayTrouble(kind, words = "") {
  for (const part of box.querySelectorAll("[data-when]")) part.hidden = !part.dataset.when.split(" ").includes(kind);
  if (words) box.querySelector("[data-when=said]").textContent = words;
  box.dataset.kind = kind;
  box.hidden = false;
}

export function forgetTrouble() {
  box.hidden = true;
  delete box.dataset.kind;
}

export function onAgain(act) {
  document.getElementById("again").addEventListener("click", act);
}

addEventListener("offline", () => sayTrouble("offline"));
addEventListener("online", () => { if (box.dataset.kind === "offline") sayTrouble("back"); });
