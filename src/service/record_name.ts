/** Where the home keeps what is known of its service; by itself, because every command asks whether it is there. */
export const RECORD_FILE = "service.json";
