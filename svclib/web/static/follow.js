// Follows what the server is busy with, then loads the page again, which shows what came of it.
(() => {
  "use strict";
  const bar = document.getElementById("following");
  const look = async () => {
    try {
      const answer = await fetch(bar.dataset.follow, { headers: { Accept: "application/json" } });
      const { state, share } = await answer.json();
      if (state !== "running") return location.reload();
      if (share) bar.value = share;
    } catch {
      // The server is away for a moment; the next look may find it.
    }
    setTimeout(look, 1000);
  };
  setTimeout(look, 1000);
})();
