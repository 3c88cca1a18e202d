// Keys for every action, and how media is shown. The page works without it: forms are plain forms.
"use strict";

const byId = (id) => document.getElementById(id);
const form = byId("answer");

// How media was shown stays for the next task, but never unblurred: each new picture starts veiled.
function toggle(id, className, on, off) {
  const button = byId(id);
  if (!button) return;
  const apply = (shown) => {
    document.querySelectorAll(".picture, video").forEach((el) => el.classList.toggle(className, !shown));
    button.setAttribute("aria-pressed", String(shown));
    button.querySelector("span").textContent = shown ? off : on;
  };
  button.addEventListener("click", () => apply(button.getAttribute("aria-pressed") !== "true"));
}
toggle("toggle-blur", "veiled", "Show clearly", "Blur again");
toggle("toggle-grey", "grey", "Show colours", "Grey again");
toggle("toggle-boxes", "no-boxes", "Show boxes", "Hide boxes");

let sent = false;
form.addEventListener("submit", (event) => {
  if (sent) event.preventDefault(); // a second Enter must not answer the next task
  sent = true;
});

function submit() {
  if (!sent && form.reportValidity()) form.requestSubmit();
}

function leave(then) {
  const release = byId("release");
  if (then) {
    const field = document.createElement("input");
    field.type = "hidden";
    field.name = "then";
    field.value = then;
    release.append(field);
  }
  release.requestSubmit();
}

document.addEventListener("keydown", (event) => {
  const keys = byId("keys");
  if (keys && keys.open) return;
  if (event.target.tagName === "TEXTAREA") {
    if (event.key === "Escape") event.target.blur();
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) submit();
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
  const key = event.key.toLowerCase();
  const input = form.querySelector(`[data-key="${CSS.escape(key)}"]`);
  const clicks = { b: "toggle-blur", g: "toggle-grey", x: "toggle-boxes" };
  if (input) {
    if (input.type === "radio") input.checked = true;
    else input.checked = !input.checked;
  } else if (key === "enter") {
    if (event.target.tagName === "BUTTON" || event.target.tagName === "SUMMARY") return;
    submit();
  } else if (clicks[key] && byId(clicks[key])) byId(clicks[key]).click();
  else if (key === "n") byId("note").focus();
  else if (key === "s") leave("");
  else if (key === "q") leave("queues");
  else if (key === "?" && keys) keys.showModal();
  else return;
  event.preventDefault();
});
