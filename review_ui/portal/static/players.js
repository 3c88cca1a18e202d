// Films and sounds: a timeline of what was found, jumps, single frames, a waveform, and the line that is being spoken.
const FRAME = 1 / 25; // until a film has played: browsers do not tell its frame rate
const SHORTEST = 1 / 240;
const SPEEDS = [0.25, 0.5, 1, 2, 4];
const JUMP = 5;
const LARGEST_WAVE = 30e6; // bytes of sound that are decoded to be drawn

function mediaOf(button) {
  const part = button.dataset.part ? document.getElementById(button.dataset.part) : button.closest("article");
  return part?.querySelector("video, audio");
}

// Positions are set on the element, not in a style attribute, which the pages' policy forbids.
function drawTimeline(media, line, moments) {
  line.replaceChildren();
  for (const moment of moments) {
    const [start, end] = [Number(moment.dataset.seek), Number(moment.dataset.end)];
    const region = document.createElement("span");
    region.className = `region ${moment.className}`;
    region.title = moment.textContent.trim();
    region.style.left = `${(100 * start) / media.duration}%`;
    region.style.width = `${Math.max((100 * (end - start)) / media.duration, 0.6)}%`;
    line.append(region);
  }
  const head = document.createElement("span");
  head.className = "now";
  line.append(head);
  media.addEventListener("timeupdate", () => { head.style.left = `${(100 * media.currentTime) / media.duration}%`; });
  line.hidden = false;
}

function seekByClick(media, element) {
  element.addEventListener("click", (event) => {
    const box = element.getBoundingClientRect();
    if (Number.isFinite(media.duration)) media.currentTime = (media.duration * (event.clientX - box.left)) / box.width;
  });
}

async function drawWave(media, canvas) {
  const answer = await fetch(media.currentSrc || media.src);
  if (!answer.ok || Number(answer.headers.get("Content-Length")) > LARGEST_WAVE) return;
  const sound = await new OfflineAudioContext(1, 1, 22050).decodeAudioData(await answer.arrayBuffer());
  const samples = sound.getChannelData(0);
  const bars = canvas.width / 3;
  const each = Math.max(Math.floor(samples.length / bars), 1);
  const pen = canvas.getContext("2d");
  pen.fillStyle = getComputedStyle(canvas).color;
  const peaks = Array.from({ length: bars }, (_, bar) => samples.subarray(bar * each, (bar + 1) * each).reduce((a, b) => Math.max(a, Math.abs(b)), 0));
  const loudest = Math.max(...peaks, 1e-6); // a quiet recording is drawn as tall as a loud one
  for (const [bar, peak] of peaks.entries()) {
    const height = Math.max((peak / loudest) * canvas.height, 1);
    pen.fillRect(bar * 3, (canvas.height - height) / 2, 2, height);
  }
  canvas.hidden = false;
}

function followLines(media, lines) {
  media.addEventListener("timeupdate", () => {
    const now = lines.findLast((line) => Number(line.dataset.seek) <= media.currentTime + 0.01);
    for (const line of lines) line.closest("li").classList.toggle("spoken", line === now);
  });
}

// How long a frame of a film is shown: the shortest distance of two that were shown one after the other.
const frames = new WeakMap();
function learnRate(media) {
  if (!media.requestVideoFrameCallback) return;
  let before;
  const seen = (_now, frame) => {
    const apart = Math.abs(frame.mediaTime - before);
    if (apart >= SHORTEST && apart < (frames.get(media) ?? 1)) frames.set(media, apart);
    before = frame.mediaTime;
    media.requestVideoFrameCallback(seen);
  };
  media.requestVideoFrameCallback(seen);
}

function watchSpeeds(media, player) {
  const buttons = [...player.querySelectorAll("[data-speed]")];
  for (const button of buttons) {
    button.addEventListener("click", () => { media.playbackRate = Number(button.dataset.speed); });
  }
  media.addEventListener("ratechange", () => {
    for (const button of buttons) button.setAttribute("aria-pressed", String(Number(button.dataset.speed) === media.playbackRate));
  });
  const row = player.querySelector(".speeds");
  if (row) row.hidden = false;
}

// Gives the actions by key. They act on the film or sound that was used last, else on the first.
export function watchPlayers() {
  const all = [...document.querySelectorAll(".player video, .player audio")];
  const jumps = [...document.querySelectorAll("[data-seek]")];
  let last = all[0];
  for (const media of all) {
    const player = media.closest(".player");
    const mine = jumps.filter((button) => mediaOf(button) === media);
    const line = player.querySelector(".timeline");
    const draw = () => {
      if (Number.isFinite(media.duration)) drawTimeline(media, line, mine.filter((button) => button.dataset.end));
    };
    if (media.readyState > 0) draw();
    media.addEventListener("loadedmetadata", draw);
    seekByClick(media, line);
    watchSpeeds(media, player);
    learnRate(media);
    followLines(media, mine.filter((button) => button.closest(".transcript")));
    for (const event of ["play", "seeking"]) media.addEventListener(event, () => { last = media; });
    const canvas = player.querySelector(".wave");
    if (canvas) {
      seekByClick(media, canvas);
      drawWave(media, canvas).catch(() => { /* what cannot be decoded has no waveform, and still plays */ });
    }
  }
  for (const button of jumps) {
    button.addEventListener("click", () => {
      const media = mediaOf(button);
      if (media) media.currentTime = Number(button.dataset.seek);
    });
  }

  const act = (action) => () => {
    if (!last) return false;
    return action(last);
  };
  const seek = (media, seconds) => { media.currentTime = Math.min(Math.max(seconds, 0), media.duration || 0); };
  const step = (count) => act((media) => {
    media.pause();
    seek(media, media.currentTime + count * (frames.get(media) ?? FRAME));
  });
  const speed = (direction) => act((media) => {
    const at = SPEEDS.findIndex((each) => each >= media.playbackRate);
    media.playbackRate = SPEEDS[Math.min(Math.max((at < 0 ? SPEEDS.length - 1 : at) + direction, 0), SPEEDS.length - 1)];
  });
  const times = (media) => jumps.filter((b) => b.dataset.end && mediaOf(b) === media).map((b) => Number(b.dataset.seek)).sort((a, b) => a - b);
  return {
    p: act((media) => { if (media.paused) media.play(); else media.pause(); }),
    m: act((media) => { media.muted = !media.muted; }),
    j: act((media) => seek(media, media.currentTime - JUMP)),
    l: act((media) => seek(media, media.currentTime + JUMP)),
    ",": step(-1),
    ".": step(1),
    "<": speed(-1),
    ">": speed(1),
    "[": act((media) => seek(media, times(media).findLast((time) => time < media.currentTime - 0.2) ?? 0)),
    "]": act((media) => {
      const next = times(media).find((time) => time > media.currentTime + 0.01);
      if (next !== undefined) seek(media, next);
    }),
  };
}
