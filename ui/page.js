// Quotes that were opened stay open when the page is drawn anew, and a message that was sent comes into view.
(() => {
  const open = new Set();
  const keyOf = (details) => details.dataset.key && `${details.closest(".turn")?.querySelector(".said")?.textContent}\n${details.dataset.key}`;
  // An action, as actions.py reads it; with a stamp, or doing the same again would be no change.
  const act = (action) => {
    const field = document.querySelector("#acted textarea, #acted input");
    if (!field) return;
    field.value = JSON.stringify({ ...action, stamp: Date.now() });
    field.dispatchEvent(new Event("input", { bubbles: true }));
  };
  // Whoever clicks a card while the reply is still being made does not want it to move away.
  document.addEventListener("click", (event) => {
    const card = event.target.closest?.("#now .card");
    if (card) act({ do: "touch", items: [card.dataset.item] });
  });
  // By click, which keys cause too: drawing anew closes quotes as well, and that must not count.
  document.addEventListener("click", (event) => {
    const details = event.target.closest?.("summary")?.parentElement;
    const key = details && keyOf(details);
    if (key) details.open ? open.delete(key) : open.add(key);
  }, true);
  const thread = () => [document.getElementById("past"), document.getElementById("now")].filter(Boolean);
  let said; // the last question that was brought into view
  const drawn = () => {
    const reply = document.getElementById("now");
    if (reply && !reply.hasAttribute("role"))
      for (const [name, value] of [["role", "log"], ["aria-live", "polite"], ["aria-label", "Reply"]]) reply.setAttribute(name, value);
    for (const part of thread())
      for (const details of part.querySelectorAll("details[data-key]"))
        if (!details.open && open.has(keyOf(details))) details.open = true;
    // A finished turn moves from `now` to `past`, which are drawn one after the other: it is never seen twice.
    const [past, now] = ["#past .turn:last-of-type", "#now .turn"].map((each) => document.querySelector(each));
    if (now) now.hidden = past?.innerHTML === now.innerHTML;
    const questions = document.querySelectorAll(said ? "#now .said" : "#past .said, #now .said");
    const last = questions[questions.length - 1];
    if (last && last !== said) (said = last).scrollIntoView({ block: "start" });
  };
  // From the first moment on, and whatever Gradio puts in the place of an element later.
  new MutationObserver(drawn).observe(document, { childList: true, subtree: true, attributes: true, attributeFilter: ["open"] });
})();
