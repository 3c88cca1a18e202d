// A page that says why a task cannot be had: what was written for it in this tab is shown.
import { keptNote } from "./draft.js";

const kept = document.getElementById("kept");
const note = kept ? keptNote(kept.dataset.draft) : "";
if (note) {
  kept.querySelector("textarea").value = note;
  kept.hidden = false;
}
