// The last answer can be undone for a few seconds; then its button goes. Gives the action for the key.
export function watchUndo() {
  const form = document.getElementById("undo");
  if (!form) return () => false;
  setTimeout(() => { form.hidden = true; }, Number(form.dataset.milliseconds));
  return () => {
    if (form.hidden) return false;
    form.requestSubmit();
  };
}
