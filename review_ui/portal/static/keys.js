// Single keys: who hears them, the list of them, other keys in their place, and the switch that turns them off.
const STORED = "review-single-keys";
const CHANGED = "review-keys";
const TYPED_INTO = "textarea, select, input:not([type=checkbox]):not([type=radio])";
// Held down, these go on; any other key acts once.
const REPEATED = new Set(["+", "-", ",", ".", "j", "l", "arrowleft", "arrowright", "arrowup", "arrowdown"]);
const OWN_ENTER = "a, button, summary, audio, video";

function recall(name) {
  try { return localStorage.getItem(name); } catch { return null; /* storage may be forbidden */ }
}

function remember(name, value) {
  try { localStorage.setItem(name, value); } catch { /* for this page only, then */ }
}

// Which key somebody presses in place of which, where they changed any. Two keys only ever swap, so none is lost.
class Keys {
  constructor() {
    let kept = null;
    try { kept = JSON.parse(recall(CHANGED)); } catch { /* as they were, then */ }
    this.pressedFor = new Map(Array.isArray(kept) ? kept.filter((pair) => Array.isArray(pair) && pair.length === 2) : []);
  }

  // The key to press for what has `own` by itself.
  of(own) {
    return this.pressedFor.get(own) ?? own;
  }

  // What a pressed key stands for.
  meant(pressed) {
    for (const [own, key] of this.pressedFor) if (key === pressed) return own;
    return pressed;
  }

  change(own, pressed) {
    const [before, other] = [this.of(own), this.meant(pressed)];
    this.pressedFor.set(own, pressed);
    if (other !== own) this.pressedFor.set(other, before);
    this.keep();
  }

  reset() {
    this.pressedFor.clear();
    this.keep();
  }

  keep() {
    for (const [own, key] of this.pressedFor) if (own === key) this.pressedFor.delete(own);
    remember(CHANGED, JSON.stringify([...this.pressedFor]));
    this.show();
  }

  // Key caps on the page say what is to be pressed.
  show() {
    for (const cap of document.querySelectorAll("kbd")) {
      const own = cap.dataset.key ?? cap.textContent.trim().toLowerCase();
      if (!isOneKey(own)) continue;
      cap.dataset.key = own;
      cap.textContent = this.of(own).toUpperCase();
    }
  }
}

const isOneKey = (name) => [...name].length === 1 && !/[0-9]/.test(name);

// The names by which a key may be meant, most likely first. A digit goes by its place on the board: on a French one it
// takes Shift to write it. A letter goes by what is on it, and by its place where the layout has no Latin ones, so that
// A is A on a Greek or Russian board, too.
function namesOf(event) {
  const digit = /^(?:Digit|Numpad)([1-9])$/.exec(event.code)?.[1];
  const key = event.key.toLowerCase();
  if (digit && (event.code.startsWith("Digit") || key === digit)) {
    return [event.shiftKey && event.code.startsWith("Digit") ? `shift+${digit}` : digit, key];
  }
  if (!/^[\x20-\x7e]$/.test(event.key) && event.key.length === 1 && /^Key[A-Z]$/.test(event.code)) {
    return [event.code.slice(3).toLowerCase()];
  }
  return [key];
}

// In the list of keys, a key cap is a button: press it, then the key that is to be in its place.
function letChange(overlay, keys) {
  let waiting = null;
  const settle = () => {
    waiting?.classList.remove("waiting");
    waiting = null;
    keys.show();
  };
  for (const cap of overlay.querySelectorAll("td kbd")) {
    if (!cap.dataset.key) continue;
    const what = cap.closest("tr").lastElementChild.textContent;
    Object.assign(cap, { tabIndex: 0, role: "button", title: what });
    cap.addEventListener("click", () => {
      settle();
      waiting = cap;
      cap.classList.add("waiting");
      cap.textContent = "…";
      cap.focus();
    });
  }
  overlay.addEventListener("keydown", (event) => {
    if (waiting === null) {
      if (event.target.matches("kbd") && (event.key === "Enter" || event.key === " ")) {
        event.preventDefault();
        event.target.click();
      }
      return;
    }
    if (event.key === "Tab") return;
    event.preventDefault();
    const pressed = namesOf(event)[0];
    if (isOneKey(pressed) && pressed !== " ") keys.change(waiting.dataset.key, pressed);
    if (isOneKey(pressed) || event.key === "Escape") settle();
  });
  overlay.addEventListener("close", settle);
  document.getElementById("reset-keys").addEventListener("click", () => {
    settle();
    keys.reset();
  });
}

// `actions`: what to do, by the key's name.
export function listen(actions) {
  const keys = new Keys();
  const overlay = document.getElementById("keys");
  const toggle = document.getElementById("single-keys");
  let isOn = recall(STORED) !== "off";
  keys.show();
  if (overlay) {
    document.getElementById("show-keys").addEventListener("click", () => overlay.showModal());
    toggle.checked = isOn;
    toggle.addEventListener("change", () => {
      isOn = toggle.checked;
      remember(STORED, isOn ? "on" : "off");
    });
    letChange(overlay, keys);
    actions = { "?": () => overlay.showModal(), ...actions };
  }

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (!isOn || document.querySelector("dialog[open]") || event.target.matches(TYPED_INTO)) return;
    const name = namesOf(event).map((each) => keys.meant(each)).find((each) => Object.hasOwn(actions, each));
    if (name === undefined || (event.repeat && !REPEATED.has(name))) return;
    if (name === "enter" && event.target.closest(OWN_ENTER)) return;
    // An action that has nothing to act on here says so, and the key keeps its usual meaning.
    if (actions[name]() !== false) event.preventDefault();
  });
}
