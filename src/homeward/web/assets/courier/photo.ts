/** Shows the photo just taken, and makes it small before a slow network has to carry it. */

const LONGEST = 1600;
const QUALITY = 0.82;

export function photo(element: HTMLElement): void {
  if (!(element instanceof HTMLInputElement)) return;
  const tile = element.closest(".field");
  const preview = tile?.querySelector<HTMLImageElement>("[data-photo-preview]");
  element.addEventListener("change", () => void take(element, preview ?? null));
}

async function take(input: HTMLInputElement, preview: HTMLImageElement | null): Promise<void> {
  const file = input.files?.[0];
  if (!file) return;
  const small = await smaller(file);
  if (small !== file) {
    const carrier = new DataTransfer();
    carrier.items.add(small);
    input.files = carrier.files;
  }
  if (preview) {
    preview.src = URL.createObjectURL(small);
    preview.hidden = false;
    preview.closest(".photo-tile")?.classList.add("taken");
  }
}

/** The same picture, at most 1600 pixels long; the file itself if the browser cannot read it. */
async function smaller(file: File): Promise<File> {
  try {
    const picture = await createImageBitmap(file, { imageOrientation: "from-image" });
    const { width, height } = fitted(picture.width, picture.height, LONGEST);
    const canvas = document.createElement("canvas");
    canvas.width = width;
    canvas.height = height;
    canvas.getContext("2d")?.drawImage(picture, 0, 0, width, height);
    const blob = await new Promise<Blob | null>((done) => canvas.toBlob(done, "image/jpeg", QUALITY));
    return blob && blob.size < file.size ? new File([blob], "photo.jpg", { type: "image/jpeg" }) : file;
  } catch {
    return file;
  }
}

export function fitted(width: number, height: number, longest: number): { width: number; height: number } {
  const share = Math.min(1, longest / Math.max(width, height));
  return { width: Math.round(width * share), height: Math.round(height * share) };
}
