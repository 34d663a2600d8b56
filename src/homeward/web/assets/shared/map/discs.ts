/** Pictures for what moves: a disc with its vehicle, drawn once and used by a layer as often as there are vehicles. */

import { iconSvg, type IconName } from "./icons";

/** Shapes tell states apart without colour: filled, a ring on white, or with a broken edge. */
export type DiscShape = "full" | "ring" | "broken";

export function discSvg(icon: IconName, colour: string, shape: DiscShape): string {
  const inner = iconSvg(icon).replace(/<svg[\s\S]*?>|<\/svg>/g, "");
  const dash = shape === "broken" ? ' stroke-dasharray="6 4"' : "";
  const face = shape === "ring" ? "#ffffff" : colour;
  const ink = shape === "ring" ? colour : "#ffffff";
  return `<svg xmlns="http://www.w3.org/2000/svg" width="64" height="64" viewBox="0 0 64 64"><circle cx="32" cy="32" r="22" fill="${face}" stroke="${ink}" stroke-width="4"${dash}/><g transform="translate(17 17) scale(1.25)" fill="none" stroke="${ink}" stroke-width="2" stroke-linecap="round" stroke-linejoin="round">${inner}</g></svg>`;
}

export async function rasterise(svg: string, size: number): Promise<ImageData> {
  const image = new Image(size, size);
  image.src = `data:image/svg+xml;base64,${btoa(svg)}`;
  await image.decode();
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = size;
  const context = canvas.getContext("2d")!;
  context.drawImage(image, 0, 0, size, size);
  return context.getImageData(0, 0, size, size);
}
