// An answer of the past: its media can be looked at as on the task page.
import { watchMedia } from "./media.js";
import { watchPlayers } from "./players.js";
import { watchZoom } from "./zoom.js";

watchMedia();
watchPlayers();
watchZoom();
