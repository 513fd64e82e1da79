// The buttons of the cards and the suggestions: what they ask the server for, what comes back into a card, and which
// cards were chosen to be put side by side.
(() => {
  const { act, say, drawn } = window.chatrec;
  const MOST = 3;
  let chosen = []; // {id, title}
  const given = new Map(); // "turn item" -> HTML that the server wrote for that card
  const keyOf = (card) => `${card.closest(".turn")?.dataset.turn} ${card.dataset.item}`;
  const bar = () => document.getElementById("choosing");
  const title = (card) => card.querySelector("h3")?.textContent ?? "";

  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("#page button");
    if (!button) return;
    const card = button.closest(".card");
    if (button.dataset.say !== undefined) return say(button.dataset.say);
    if (button.dataset.close !== undefined) return close(button);
    if (button.dataset.choose !== undefined && card) return choose(card);
    if (button.id === "compare") {
      act({ do: "compare", items: chosen.map((each) => each.id) });
      chosen = [];
      return draw();
    }
    if (button.id === "unchoose") { chosen = []; return draw(); }
    if (!button.dataset.do) return;
    if (button.dataset.do === "saved") return act({ do: "saved" });
    if (!card) return;
    if (button.dataset.do === "why" && given.delete(keyOf(card))) return card.querySelector(".given")?.remove();
    act({ do: button.dataset.do, items: [card.dataset.item], text: card.closest(".turn").dataset.turn });
  });

  const choose = (card) => {
    const id = card.dataset.item;
    const before = chosen.length;
    chosen = chosen.filter((each) => each.id !== id);
    if (chosen.length === before) chosen = [...chosen, { id, title: title(card) }].slice(-MOST);
    draw();
  };
  const close = (button) => {
    const section = button.closest("section");
    section.hidden = true;
    document.querySelector("#box textarea")?.focus();
  };

  const draw = () => {
    const ids = new Set(chosen.map((each) => each.id));
    for (const button of document.querySelectorAll("[data-choose]")) {
      const pressed = `${ids.has(button.closest(".card")?.dataset.item)}`;
      if (button.getAttribute("aria-pressed") !== pressed) button.setAttribute("aria-pressed", pressed);
    }
    const shown = bar();
    if (!shown) return;
    if (shown.hidden !== !chosen.length) shown.hidden = !chosen.length;
    const words = chosen.length === 1 ? `${chosen[0].title}: choose one more to compare` : chosen.map((each) => each.title).join(" and ");
    const told = shown.querySelector("span");
    if (told.textContent !== words) told.textContent = words;
    const compare = shown.querySelector("#compare");
    if (compare.disabled !== chosen.length < 2) compare.disabled = chosen.length < 2;
  };

  let taken; // the last thing that came for a card
  let beside; // the last comparison that took the focus
  drawn(() => {
    const come = document.querySelector("#aside [data-for]");
    if (come && come.dataset.stamp !== taken) {
      taken = come.dataset.stamp;
      given.set(`${come.dataset.turn} ${come.dataset.for}`, come.innerHTML);
    }
    for (const card of document.querySelectorAll("#page .turn[aria-busy=false] .card")) {
      const html = given.get(keyOf(card));
      let place = card.querySelector(".given");
      if (html === undefined || place?.dataset.of === html) continue;
      if (!place) {
        place = document.createElement("div");
        place.className = "given";
        place.setAttribute("role", "status");
        card.querySelector(".body").append(place);
      }
      place.dataset.of = html;
      place.innerHTML = html;
    }
    const section = document.querySelector("#beside section");
    if (section && section !== beside) {
      beside = section;
      section.scrollIntoView({ block: "nearest" });
      section.querySelector("h2")?.focus({ preventScroll: true });
    }
    draw();
  });
})();
