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
  const boxes = [...document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea")]
    .filter((e) => shown(e) && !e.closest(".sr, .skip, .maplibregl-map, [inert]"))
    .map((e) => [e, e.getBoundingClientRect()])
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
    if (e.complete && e.naturalWidth === 0) wrong.push(`${e.getAttribute("src").slice(0, 60)} is no picture`);
  }
  return wrong;
}
