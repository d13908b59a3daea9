// Shows the buttons of passkeys where the browser knows them, and says when one was refused; the rest is the library's.
if (window.PublicKeyCredential) for (const each of document.querySelectorAll("[data-passkey]")) each.hidden = false;
document.addEventListener("allauth.error", (event) => {
  event.preventDefault();
  document.getElementById("passkey-failed").hidden = false;
});
