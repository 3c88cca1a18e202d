// Nothing waits any more, but the last answer may still be undone.
import { listen } from "./keys.js";
import { watchUndo } from "./undo.js";

listen({ z: watchUndo() });
