// What was opened stays open when the page is drawn anew, the focus stays where it was, and a message that was sent
// comes into view. `chatrec` is what other scripts of the page use: `act` for an action as actions.py reads it, `say`
// to send a message, `drawn` to be called whenever something was drawn.
window.chatrec = (() => {
  const write = (id, value) => {
    const field = document.querySelector(`#${id} textarea, #${id} input`);
    if (!field) return;
    field.value = JSON.stringify({ ...value, stamp: `${Date.now()}` }); // the same again would be no change
    field.dispatchEvent(new Event("input", { bubbles: true }));
  };
  const act = (action) => write("acted", action);
  const say = (message) => write("said", { message });
  const after = [];

  const open = new Set();
  const keyOf = (details) => details.dataset.key && `${details.closest(".turn")?.querySelector(".said")?.textContent}\n${details.dataset.key}`;
  // Whoever clicks a card while the reply is still being made does not want it to move away.
  document.addEventListener("click", (event) => {
    const card = event.target.closest?.("#now .turn[aria-busy=true] .card");
    if (card) act({ do: "touch", items: [card.dataset.item] });
  });
  // By click, which keys cause too: drawing anew closes quotes as well, and that must not count.
  document.addEventListener("click", (event) => {
    const details = event.target.closest?.("summary")?.parentElement;
    const key = details && keyOf(details);
    if (key) details.open ? open.delete(key) : open.add(key);
  }, true);

  const thread = () => [document.getElementById("past"), document.getElementById("now")].filter(Boolean);
  // The element of a reply that has the focus, by its place: the turn, the card, which of its buttons.
  let held;
  const CAN = "summary, button, [tabindex]";
  const placeOf = (element) => {
    const turn = element.closest(".turn");
    const within = element.closest(".card") ?? turn;
    return turn && { turn: turn.querySelector(".said")?.textContent, item: within.dataset.item, place: [...within.querySelectorAll(CAN)].indexOf(element), label: element.dataset.do ?? element.tagName, element };
  };
  document.addEventListener("focusin", (event) => { held = event.target.closest?.("#past, #now") ? placeOf(event.target) : undefined; });
  document.addEventListener("pointerdown", () => { held = undefined; }, true);
  const refocus = () => {
    if (!held || held.element.isConnected || (document.activeElement && document.activeElement !== document.body)) return;
    const turns = [...document.querySelectorAll(".turn")].filter((turn) => turn.querySelector(".said")?.textContent === held.turn);
    for (const turn of turns.reverse()) {
      const within = held.item === undefined ? turn : [...turn.querySelectorAll(".card")].find((card) => card.dataset.item === held.item);
      const same = within && ([...within.querySelectorAll(CAN)][held.place] ?? within.querySelector(CAN));
      if (same && !turn.hidden) return same.focus({ preventScroll: true });
    }
  };

  // Whoever listens hears each new thing once: the reply itself is drawn anew as a whole with every sentence.
  let announced = new Set(), about;
  const announce = () => {
    const live = document.getElementById("heard"), turn = document.querySelector("#now .turn");
    const question = turn?.querySelector(".said")?.textContent;
    if (!live || !turn || turn.hidden) return;
    if (question !== about) [about, announced] = [question, new Set()];
    const words = [...turn.querySelectorAll(".stage, .opening, .cards, .claim, .note")].map((each) => {
      if (each.matches(".cards")) return [...each.querySelectorAll("h3")].map((title) => title.textContent).join(", ");
      const title = each.closest(".card")?.querySelector("h3").textContent;
      return (title ? `${title}: ` : "") + (each.firstChild?.textContent ?? "");
    });
    const fresh = words.filter((each) => each && !announced.has(each));
    if (!fresh.length) return;
    for (const each of fresh) announced.add(each);
    live.textContent = fresh.join(" ");
  };

  let said; // the last question that was brought into view
  const drawn = () => {
    announce();
    for (const part of thread())
      for (const details of part.querySelectorAll("details[data-key]"))
        if (!details.open && open.has(keyOf(details))) details.open = true;
    // A finished turn moves from `now` to `past`, which are drawn one after the other: it is never seen twice.
    const [past, now] = ["#past .turn:last-of-type", "#now .turn"].map((each) => document.querySelector(each));
    const twice = Boolean(now) && past?.dataset.turn === now.dataset.turn && past?.querySelector(".said")?.textContent === now.querySelector(".said")?.textContent && now.ariaBusy === "false";
    if (now && now.hidden !== twice) now.hidden = twice;
    const questions = document.querySelectorAll(said ? "#now .said" : "#past .said, #now .said");
    const last = questions[questions.length - 1];
    if (last && last !== said) (said = last).scrollIntoView({ block: "start" });
    for (const each of after) each();
    refocus();
  };
  // A picture that fails to load gives way to the letters behind it.
  document.addEventListener("error", (event) => event.target.closest?.(".initials") && (event.target.hidden = true), true);
  // From the first moment on, and whatever Gradio puts in the place of an element later.
  new MutationObserver(drawn).observe(document, { childList: true, characterData: true, subtree: true, attributes: true, attributeFilter: ["open"] });
  return { act, say, drawn: (call) => after.push(call) };
})();
