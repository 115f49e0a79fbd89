/** Names, categories and what people wrote, as text within Markdown. */

/** A line break would end the list that the text is an item of. */
export const oneLine = (text: string): string => text.replace(/[\s\p{Cc}]+/gu, ' ').trim();

/** No tag and no link is made of it, and a backslash of its own undoes no other. */
export const plainText = (text: string): string => oneLine(text).replace(/[\\<]|\](?=\()/g, '\\$&');
