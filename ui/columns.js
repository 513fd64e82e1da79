// The columns beside the chat: open where there is room, else drawers; what somebody chose on a wide page is kept.
(() => {
  const root = document.documentElement;
  const wide = () => innerWidth >= 1024;
  const key = (column) => `chatrec.column.${column}`;
  const show = (column, open) => {
    root.dataset[column] = open ? "open" : "shut";
    const button = document.querySelector(`[data-opens="${column}"]`);
    if (button?.getAttribute("aria-expanded") !== `${open}`) button?.setAttribute("aria-expanded", open);
  };
  const settle = () => {
    for (const [column, room] of [["conversations", 1280], ["understood", 1024]])
      show(column, innerWidth >= room && localStorage.getItem(key(column)) !== "shut");
  };
  const toggle = (column) => {
    const open = root.dataset[column] !== "open";
    if (wide()) localStorage.setItem(key(column), open ? "open" : "shut");
    else for (const other of ["conversations", "understood"]) if (other !== column) show(other, false);
    show(column, open);
    if (open && !wide()) document.getElementById(column)?.querySelector("button, input, textarea, summary, [tabindex]")?.focus();
  };
  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-opens]");
    if (button) return toggle(button.dataset.opens);
    const column = event.target.closest?.(".side");
    if (!wide() && !column && event.target.isConnected && event.target.closest?.("#page")) settle();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || wide()) return;
    const column = ["conversations", "understood"].find((each) => root.dataset[each] === "open");
    if (!column) return;
    show(column, false);
    document.querySelector(`[data-opens="${column}"]`)?.focus();
  });
  let width = innerWidth;
  addEventListener("resize", () => width !== innerWidth && ((width = innerWidth), settle()));
  settle();
  new MutationObserver((_, observer) => {
    if (!document.querySelector("[data-opens]")) return;
    observer.disconnect();
    settle();
  }).observe(document, { childList: true, subtree: true });
})();
