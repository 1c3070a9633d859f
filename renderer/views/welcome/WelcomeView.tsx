export function WelcomeView() {
  return null;
}
