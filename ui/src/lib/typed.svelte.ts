// What is being typed and must outlive its screen. A password is never here.

let email = $state("");

export const typed = {
  /** Who signs in: kept when the sign-in fails, or when another screen asks for the password once more. */
  get email() {
    return email;
  },
  set email(next: string) {
    email = next;
  },
};
