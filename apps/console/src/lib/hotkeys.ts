/** Whether a key belongs to what somebody types (or to the browser), and so to no shortcut of ours. */
export function isTyping(event: KeyboardEvent): boolean {
  const target = event.target as HTMLElement;
  return (
    event.isComposing ||
    event.ctrlKey ||
    event.metaKey ||
    event.altKey ||
    /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName) ||
    target.isContentEditable ||
    document.querySelector('[role=dialog]') !== null
  );
}
