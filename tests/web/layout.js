// What axe does not look for: what scrolls sideways, lies over another control, is cut off or is no picture. Gives sentences.
() => {
  const wrong = [];
  const root = document.documentElement;
  const extra = root.scrollWidth - root.clientWidth;
  if (extra > 1) wrong.push(`scrolls sideways by ${extra} px`);
  const name = (e) => {
    const said = (e.innerText || e.value || "").trim().slice(0, 30);
    return `${e.tagName.toLowerCase()}${e.id ? "#" + e.id : ""}.${[...e.classList].join(".")} "${said}"`;
  };
  const shown = (e) =>
    e.checkVisibility({ opacityProperty: true, visibilityProperty: true }) && e.getClientRects().length > 0;
  const floats = (e) => {
    for (let n = e; n; n = n.parentElement) if (["fixed", "sticky"].includes(getComputedStyle(n).position)) return true;
    return false;
  };
  // What is left of a box inside everything that scrolls or hides around it.
  const seen = (e) => {
    let { left, right, top, bottom } = e.getBoundingClientRect();
    for (let n = e.parentElement; n && n !== document.body; n = n.parentElement) {
      if (getComputedStyle(n).overflow === "visible") continue;
      const around = n.getBoundingClientRect();
      left = Math.max(left, around.left);
      right = Math.min(right, around.right);
      top = Math.max(top, around.top);
      bottom = Math.min(bottom, around.bottom);
    }
    return { left, right, top, bottom, width: right - left, height: bottom - top };
  };
  const boxes = [...document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea")]
    .filter((e) => shown(e) && !e.closest(".sr, .skip, .maplibregl-map, [inert]"))
    .map((e) => [e, seen(e)])
    .filter(([, box]) => box.width > 1 && box.height > 1);
  boxes.forEach(([a, p], place) => {
    for (const [b, q] of boxes.slice(place + 1)) {
      const x = Math.min(p.right, q.right) - Math.max(p.left, q.left);
      const y = Math.min(p.bottom, q.bottom) - Math.max(p.top, q.top);
      if (x <= 2 || y <= 2 || a.contains(b) || b.contains(a) || floats(a) !== floats(b)) continue;
      wrong.push(`${name(a)} lies over ${name(b)}`);
    }
  });
  for (const e of document.querySelectorAll("h1, h2, h3, button, .badge, .button, th, dt, label, legend")) {
    const style = getComputedStyle(e);
    const hides = style.overflow !== "visible" && style.textOverflow !== "ellipsis";
    if (shown(e) && !e.closest(".sr") && hides && e.scrollWidth > e.clientWidth + 1) wrong.push(`${name(e)} is cut off`);
  }
  for (const e of document.images) {
    if (!shown(e) && !e.getAttribute("src")) continue; // the preview of a photo nobody took yet
    if (e.complete && e.naturalWidth === 0) wrong.push(`${(e.getAttribute("src") ?? "").slice(0, 60)} is no picture`);
  }
  return wrong;
}
