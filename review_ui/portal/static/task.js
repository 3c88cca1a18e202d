// The task page: a key for every action. Without this script the page still works: its forms are plain forms.
import { listen } from "./keys.js";
import { loadAhead, watchMedia } from "./media.js";

const answer = document.getElementById("answer");
let isSent = false;

// A second Enter must not answer twice; a page that comes back from the browser's memory may be answered again.
answer.addEventListener("submit", (event) => {
  if (isSent) event.preventDefault();
  isSent = true;
});
window.addEventListener("pageshow", () => { isSent = false; });

function submit() {
  if (!isSent && answer.reportValidity()) answer.requestSubmit();
}

function leave(then) {
  const release = document.getElementById("release");
  if (then) {
    const field = document.createElement("input");
    Object.assign(field, { type: "hidden", name: "then", value: then });
    release.append(field);
  }
  release.requestSubmit();
}

const note = document.getElementById("note");
note.addEventListener("keydown", (event) => {
  if (event.isComposing) return;
  if (event.key === "Escape") note.blur();
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) submit();
});

// Switches, labels and the decision name their keys themselves.
const inputs = {};
for (const input of document.querySelectorAll("input[data-key]")) {
  inputs[input.dataset.key] = () => {
    input.checked = input.type === "radio" || !input.checked;
    input.dispatchEvent(new Event("change", { bubbles: true }));
  };
}
listen({ ...inputs, enter: submit, n: () => note.focus(), s: () => leave(""), q: () => leave("queues") });

watchMedia();
loadAhead();
