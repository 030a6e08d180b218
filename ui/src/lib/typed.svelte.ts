// What is being typed and must outlive its screen. A password is never here.

export const typed = $state({
  /** Who signs in: kept when the sign-in fails, or when another screen asks for the password once more. */
  email: "",
  /** What is about to be dialled, while its user looks something up on another page. */
  number: "",
});
