// A task with a template of its own: the frame hands over an answer, this page sends it. Keys leave the task.
import { listen } from "./keys.js";

const frame = document.getElementById("template");
const form = document.getElementById("answer");
let isSent = false;

window.addEventListener("message", (event) => {
  // The frame has no origin; what proves who speaks is the window itself.
  if (event.source !== frame.contentWindow || typeof event.data !== "object" || event.data === null) return;
  if (event.data.kind === "height" && Number.isFinite(event.data.height)) {
    frame.style.height = `${Math.min(Math.max(event.data.height, 240), 20000)}px`;
  }
  // A template may not answer by itself: somebody must just have pressed something.
  const pressed = navigator.userActivation ? navigator.userActivation.isActive : true;
  if (event.data.kind === "answer" && pressed && !isSent) {
    isSent = true;
    form.elements.answer.value = JSON.stringify(event.data.content);
    form.submit();
  }
});

function leave(then) {
  const release = document.getElementById("release");
  if (then) {
    const field = document.createElement("input");
    Object.assign(field, { type: "hidden", name: "then", value: then });
    release.append(field);
  }
  release.requestSubmit();
}

listen({ s: () => leave(""), q: () => leave("queues") });
