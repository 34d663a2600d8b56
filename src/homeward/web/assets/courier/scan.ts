/** Reads a label by the camera where the browser can; elsewhere the code is typed. */

interface Detector {
  detect(source: CanvasImageSource): Promise<{ rawValue: string }[]>;
}
type DetectorMaker = new () => Detector;

export function scan(button: HTMLElement): void {
  const Maker = (globalThis as { BarcodeDetector?: DetectorMaker }).BarcodeDetector;
  if (!Maker || !navigator.mediaDevices) return;
  button.hidden = false;
  button.addEventListener("click", () => void read(button, new Maker()));
}

async function read(button: HTMLElement, detector: Detector): Promise<void> {
  const field = document.getElementById(button.dataset["scan"] ?? "");
  const view = button.closest(".field")?.querySelector<HTMLVideoElement>("[data-scan-view]");
  if (!(field instanceof HTMLInputElement) || !view) return;
  let stream: MediaStream;
  try {
    stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
  } catch {
    button.hidden = true; // no camera, or not allowed: the code is typed
    field.focus();
    return;
  }
  view.srcObject = stream;
  view.hidden = false;
  await view.play();
  while (view.isConnected && !view.hidden) {
    const [label] = await detector.detect(view);
    if (label) {
      field.value = label.rawValue;
      field.dispatchEvent(new Event("change", { bubbles: true }));
      view.hidden = true;
    } else {
      await new Promise((again) => setTimeout(again, 200));
    }
  }
  for (const track of stream.getTracks()) track.stop();
}
