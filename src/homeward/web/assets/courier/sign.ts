/** A pad to sign on; the drawing goes into the form's hidden field as a PNG. */

export function sign(pad: HTMLElement): void {
  const canvas = pad.querySelector("canvas");
  const field = pad.querySelector<HTMLInputElement>('input[name="signature"]');
  const pen = canvas?.getContext("2d");
  if (!canvas || !field || !pen) return;
  const scale = Math.min(2, devicePixelRatio);
  canvas.width = canvas.clientWidth * scale;
  canvas.height = canvas.clientHeight * scale;
  pen.lineWidth = 2.5 * scale;
  pen.lineCap = "round";
  pen.lineJoin = "round";
  pen.strokeStyle = "#101828"; // the pad is white in every theme, as paper is

  let drawing = false;
  const at = (event: PointerEvent): [number, number] => {
    const box = canvas.getBoundingClientRect();
    return [(event.clientX - box.left) * scale, (event.clientY - box.top) * scale];
  };
  canvas.addEventListener("pointerdown", (event) => {
    drawing = true;
    canvas.setPointerCapture(event.pointerId);
    pen.beginPath();
    pen.moveTo(...at(event));
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!drawing) return;
    pen.lineTo(...at(event));
    pen.stroke();
  });
  const lift = () => {
    if (!drawing) return;
    drawing = false;
    field.value = canvas.toDataURL("image/png");
    field.dispatchEvent(new Event("input", { bubbles: true }));
  };
  canvas.addEventListener("pointerup", lift);
  canvas.addEventListener("pointercancel", lift);
  pad.querySelector("[data-sign-clear]")?.addEventListener("click", () => {
    pen.clearRect(0, 0, canvas.width, canvas.height);
    field.value = "";
  });
}
