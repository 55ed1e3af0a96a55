// Gives each frame the height that its layer reports.
addEventListener("message", event => {
  const height = Number(event.data?.rot180?.height);
  if (!(height > 0)) return;
  for (const frame of document.querySelectorAll(".layer iframe"))
    if (frame.contentWindow === event.source) frame.style.height = `${Math.min(Math.ceil(height), 2000)}px`;
});
