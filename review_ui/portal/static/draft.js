// What is written and ticked on a task, kept in this tab until the answer is taken: by whom and for which task.
const PREFIX = "review-draft ";
const MOST_STATE = 3e6; // characters

export function keptNote(name) {
  try { return JSON.parse(sessionStorage.getItem(PREFIX + name))?.note ?? ""; } catch { return ""; }
}

// The same of a task whose template is its own: whatever its page says of its fields, until it is answered.
export function keepState(name, state) {
  try {
    const text = JSON.stringify(state);
    if (state === null || text.length > MOST_STATE) sessionStorage.removeItem(PREFIX + name);
    else sessionStorage.setItem(PREFIX + name, text);
  } catch { /* storage may be forbidden or full: then only the page keeps it */ }
}

export function keptState(name) {
  try { return JSON.parse(sessionStorage.getItem(PREFIX + name)); } catch { return null; }
}

const isTick = (field) => field.type === "checkbox" || field.type === "radio";

export class Draft {
  constructor(form) {
    this.form = form;
    this.note = form.elements.note;
    this.name = PREFIX + form.dataset.draft;
    this.restore();
    // Labels stand outside of the form and belong to it, so their events do not pass through it.
    for (const event of ["input", "change"]) {
      document.addEventListener(event, ({ target }) => { if (target.form === form) this.save(); });
    }
    // A key that ticks something does so without an event of the browser's own.
    addEventListener("pagehide", () => this.save());
  }

  ticks() {
    return [...this.form.elements].filter(isTick);
  }

  save() {
    if (this.isDropped) return;
    const chosen = this.ticks().filter((field) => field.checked).map((field) => [field.name, field.value]);
    const isEmpty = this.note.value === "" && chosen.length === 0;
    try {
      if (isEmpty) sessionStorage.removeItem(this.name);
      else sessionStorage.setItem(this.name, JSON.stringify({ note: this.note.value, chosen }));
    } catch { /* storage may be forbidden or full: then only the page keeps it */ }
  }

  // What was typed before this script was there stays, after what was kept.
  restore() {
    let kept = null;
    try { kept = JSON.parse(sessionStorage.getItem(this.name)); } catch { /* none, then */ }
    if (kept === null || typeof kept.note !== "string" || !Array.isArray(kept.chosen)) return this.save();
    const typed = this.note.value === this.note.defaultValue ? "" : this.note.value;
    if (typed === "") this.note.value = kept.note;
    else if (!typed.startsWith(kept.note)) this.note.value = `${kept.note}\n${typed}`;
    const ticks = this.ticks();
    if (ticks.every((field) => field.checked === field.defaultChecked)) {
      const chosen = new Set(kept.chosen.map(([name, value]) => `${name}=${value}`));
      for (const field of ticks) field.checked = chosen.has(`${field.name}=${field.value}`);
    }
    return this.save();
  }

  drop() {
    this.isDropped = true;
    try { sessionStorage.removeItem(this.name); } catch { /* there was none, then */ }
  }
}
