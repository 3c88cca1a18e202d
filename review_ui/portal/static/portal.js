// What every page has: times in the reader's zone, also in what is fetched later, and the command palette.
import { watchPalette } from "./palette.js";
import { showTimes } from "./times.js";

showTimes(document);
document.addEventListener("htmx:afterSwap", () => showTimes(document));
watchPalette();
