// The frames of the step-by-step view: one for each step, and for the correlation one for each position of the window.

// [{kind, image, kernel, result, at}, ...]: the steps of the image, the kernel and the result that a frame shows, and the
// cell of the correlation that it computes: -1 before the correlation, Infinity after it.
export function framesOf(view) {
  const frames = [];
  let image = 0,
    kernel = 0,
    result = view.steps.findIndex(step => step.kind === "correlate");
  view.steps.forEach((step, index) => {
    if (step.operand === "image") image = index;
    if (step.operand === "kernel") kernel = index;
    if (step.operand === "result") result = index;
    if (step.kind === "start" && step.operand === "image") {
      kernel = view.steps.findIndex(one => one.operand === "kernel");
      frames.push({ kind: "start", image, kernel, result, at: -1 });
    } else if (step.kind === "correlate") {
      const cells = step.shape[0] * step.shape[1];
      for (let at = 0; at < cells; at++) frames.push({ kind: "correlate", image, kernel, result, at });
    } else if (step.kind !== "start")
      frames.push({ kind: step.kind, image, kernel, result, at: step.operand === "result" ? Infinity : -1 });
  });
  return frames;
}
