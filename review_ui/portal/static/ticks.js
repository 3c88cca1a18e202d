// One box that ticks all others.
const all = document.getElementById("all");
all?.addEventListener("change", () => {
  for (const box of document.querySelectorAll("input[name=task], input[name=item]")) box.checked = all.checked;
});
