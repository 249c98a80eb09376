/** Every bound of the program, each with its reason (invariant 10). Units last in the name. */

/** Longest path inside a folder: leaves room for a root within Linux' PATH_MAX of 4096. */
export const PATH_BYTES = 4000;
/** Longest single name: what ext4, APFS and NTFS store. */
export const NAME_BYTES = 255;
/** Names in a path: each costs an open directory to get there, and no tree that people use is near it. */
export const PATH_DEPTH = 256;
/** Longest name of a device or folder: what a line of a terminal has room for beside what is said of it. */
export const GIVEN_NAME_CHARACTERS = 64;
/** Hexadecimal digits of a content that an address has at least: fewer would mean many, and could be a word. */
export const CONTENT_PREFIX_DIGITS = 4;
/** Longest symlink target: Linux' PATH_MAX. */
export const SYMLINK_TARGET_BYTES = 4095;
/** Largest file: keeps a chunk list, which is held in memory, within 40 MiB as a rule. */
export const FILE_BYTES = 2 ** 40;
/** Farthest time of a file from 1970, in milliseconds: what a Date holds. */
export const MTIME_MS = 8.64e15;
/** Most chunks in one list, half as many again as 1 TiB has on average: a list in memory has 54 MiB at most. */
export const CHUNK_LIST_CHUNKS = 3 * 2 ** 19;
/** Chunk records in one answer: a list of any length comes in pages of about 4 MiB. */
export const LIST_PAGE_CHUNKS = 116_000;
/** Most context entries in one version: one per actor that ever wrote the path. Beyond it the oldest are forgotten. */
export const VERSION_ACTORS = 256;
/** Most content dots in one version: one per device that came to the same content by itself. */
export const VERSION_DOTS = 64;

/** Rows in one journal record: bounds what one transaction holds the thread for (about 20 ms). */
export const RECORD_ROWS = 400;
/** What the rows of one journal record weigh at most (`rowWeight`): with the longest of all, fewer than RECORD_ROWS fit. */
export const RECORD_WEIGHT = 2 ** 20;
/** Payload of one journal frame: whatever weighs RECORD_WEIGHT, and one row more, fits. */
export const RECORD_BYTES = 8 * 2 ** 20;
/** A journal segment is closed at this size: small enough to prune by, large enough to be few. */
export const SEGMENT_BYTES = 16 * 2 ** 20;
/** Journal bytes behind the last snapshot that ask for a new one: bounds replay to some seconds. */
export const SNAPSHOT_AFTER_BYTES = 64 * 2 ** 20;
/** History that `cairn log` keeps. */
export const HISTORY_DAYS = 30;

/** Largest frame of a session: an index page or a piece of content with its header. */
export const FRAME_BYTES = 8 * 2 ** 20;
/** Largest frame before the peer is known to be a member: a hello and nothing more. */
export const HELLO_BYTES = 64 * 2 ** 10;
/** Bulk bytes that one answer carries: TLS is fastest with writes of about 1 MiB. */
export const PIECE_BYTES = 2 ** 20;
/** Largest header of a frame: a page that weighs PAGE_WEIGHT and ends with a full record, with facts and shared fields. */
export const HEADER_BYTES = 6 * 2 ** 20;
/** Credit that a receiver gives for bulk bytes under way: some round trips of a gigabit LAN. */
export const BULK_CREDIT_BYTES = 8 * 2 ** 20;
/**
 * Credit that a receiver gives for index bytes under way: some pages. Decoded they take ten times as much, and all peers tell a newcomer at once.
 * On a wire with a fifth of a second there and back it lets 25,000 rows a second through.
 */
export const INDEX_CREDIT_BYTES = 2 ** 19;
/** Bytes in a socket's buffer above which nothing more is written: control waits behind this at most. */
export const SOCKET_BUFFER_BYTES = 2 ** 20;
/** Largest message in lane control: a subscription for a thousand devices fits. */
export const CONTROL_BYTES = 128 * 2 ** 10;
/** Requests that a peer may have unanswered: more is a broken or hostile peer. An honest one has 8 (`sync/sources.ts`). */
export const OPEN_REQUESTS = 256;
/** Rows in an index page; a page may exceed it by one record's, to end on an lsn boundary (R29). */
export const PAGE_ROWS = 1000;
/** What the rows of an index page weigh, before it ends with the present lsn (R29). */
export const PAGE_WEIGHT = 2 ** 20;

/** Files up to this size travel whole, many in a frame, with no chunk list. */
export const SMALL_FILE_BYTES = 128 * 2 ** 10;
/** Needs worked on at once: bounds memory and what a crash leaves in staging. */
export const NEED_WINDOW = 1000;

/** Connections that have not finished their handshake: a slow-loris bound. */
export const PENDING_CONNECTIONS = 64;
/** Links of one device that are accepted and have said no hello yet: an honest one has one. */
export const PENDING_SESSIONS = 4;
/** Time for a handshake and hello. */
export const HANDSHAKE_MS = 10_000;
/** A session without any frame for this long is dead; pings go at a third of it. */
export const SESSION_IDLE_MS = 45_000;
/** Beacons remembered: a LAN of this size, or a forger who gets no more memory. */
export const BEACON_SIGHTINGS = 1024;
/** Beacon period. */
export const BEACON_MS = 30_000;

/** A pairing code is good for this long (R33). */
export const INVITE_MS = 10 * 60_000;
/** Wrong proofs that an invite survives (R33). */
export const INVITE_TRIES = 20;
/** Invites open at once: each costs a stretched key and a place in every try. */
export const OPEN_INVITES = 4;
/** What a joiner says of itself: a name and some numbers. */
export const JOINER_BYTES = 4096;
/** What a joiner waits for the inviter at most (R33). */
export const JOIN_WAIT_MS = 30_000;

/** A file that changed less than this before it was read is looked at again (R14). */
export const RACY_MS = 2_000;
/** Files whose mode or time was set, and that are not read again yet: some megabytes of memory. */
export const TOUCHED_FILES = 20_000;
/** Directories that were made for what is in them, and are not found yet: some megabytes of memory. */
export const MADE_DIRECTORIES = 10_000;
/** A file that keeps changing is named in `status` after this (R17). */
export const STILL_WRITING_MS = 5 * 60_000;
/** Files whose ctime is younger than this are synced before their record (R16): above Linux' writeback delay. */
export const YOUNG_MS = 60_000;
/** How far a received stamp may move our clock beyond physical time (R7). */
export const STAMP_AHEAD_MS = 24 * 3_600_000;
/** Full scan of every replica, whatever the watcher says. */
export const FULL_SCAN_MS = 3_600_000;
/** A segment of a version store's index: about ten thousand lines, so that one is rewritten within a turn of upkeep. */
export const KEPT_SEGMENT_BYTES = 4 * 2 ** 20;

/** Damaged files of a folder that are kept account of: more are a disk that is failing, and are told of as such. */
export const DAMAGES = 1_000;

/** Others' deletes and replacements are counted over this time (R38). */
export const BRAKE_WINDOW_MS = 3_600_000;
/** A root in which nothing is left of at least so many entries was emptied at one blow; a single one is an ordinary delete. */
export const EMPTIED_ENTRIES = 2;
/** Room that is left free on a folder's disk: this much, or this share of it, the lesser. */
export const DISK_RESERVE_BYTES = 2 ** 30;
export const DISK_RESERVE_SHARE = 0.01;
/**
 * The same on the disk of the home, so that journal and catalogue can go on with this device's own edits while nothing more is
 * received: some times what SQLite's log and what is under way may take (5 MiB).
 */
export const HOME_RESERVE_BYTES = 64 * 2 ** 20;
export const HOME_RESERVE_SHARE = 0.25;

// What a member may make us keep. It is trusted with what stands in the folders, not with our memory.

/** Rows of one device in the catalogue: ten of the largest libraries. On disk; memory holds a window of them. */
export const DEVICE_ROWS = 10_000_000;
/** Ids and directories kept in memory to spare questions to the catalogue; beyond it they are asked for again. */
export const INTERNED = 20_000;
/** Ids and directories that get a number until those are looked for that nothing names any more: some ten megabytes on disk. */
export const UNNAMED_IDS = 100_000;
/** Characters of directories kept so: long paths must not fill the memory. */
export const INTERNED_CHARACTERS = 4 * 2 ** 20;
/** Folders of which rows are taken, shared ones aside: of those, shared fields have a bound. */
export const FOLDERS = 1024;
/** How far a device's epoch may lie beyond what it told itself: each is a lost journal or a copied home. */
export const EPOCHS_AHEAD = 2 ** 20;
/** New epochs an hour that one peer can make us begin: each is a full announcement to all. */
export const FORCED_EPOCHS = 8;
/** Subscriptions in a row, and the time that earns one more: each may be a full announcement. */
export const SUBSCRIPTIONS = 16;
export const SUBSCRIPTION_EVERY_MS = 10_000;
/** Keys, bytes, and bytes of one value of the facts of one device: they travel in one page. */
export const FACTS = 4096;
export const FACTS_BYTES = 2 ** 20;
export const FACT_BYTES = 64 * 2 ** 10;
/** Shared records of one kind: members, or folders. They are looked at whenever somebody asks how things are. */
export const SHARED_KEYS = 1024;
/** Bytes of all shared fields, of which the last half is for keys that are known already, and of one value. */
export const SHARED_BYTES = 2 * 2 ** 20;
export const SHARED_VALUE_BYTES = 8 * 2 ** 10;
/** Shared fields in one page: what SHARED_BYTES hold. */
export const SHARED_FIELDS = 16_384;
/** Longest key of a shared record: a folder's id and a path in it. */
export const SHARED_KEY_CHARACTERS = 33 + PATH_BYTES;
/** Shared fields after which a page ends with the present lsn: some thousands of tags must not be read, and sent, at once. */
export const PAGE_SHARED = 1_000;

/** Bytes of all tags and notes: those of some 400,000 files. On disk alone, and apart from SHARED_BYTES, which members need. */
export const LABEL_BYTES = 64 * 2 ** 20;
/** Tags that anything has: they are listed together. */
export const TAG_NAMES = 10_000;
/** Tags and notes in one journal record, and bytes of them: some milliseconds, and every page has room for it. */
export const RECORD_LABELS = 200;
export const RECORD_LABEL_BYTES = 2 ** 18;
/** A tag is a word or some, and parts of it what people can keep in mind. */
export const TAG_CHARACTERS = 128;
export const TAG_DEPTH = 8;
/** Copies that a policy may ask for, devices that it may name, and days within which it may want them verified. */
export const POLICY_COPIES = 64;
export const POLICY_DEVICES = 16;
export const POLICY_VERIFIED_DAYS = 3_650;
/** A note is a paragraph or some; all of it is within SHARED_VALUE_BYTES. */
export const NOTE_CHARACTERS = 2_000;

// What a question may cost while everything else goes on.

/** How long a question works before all else has its turn: with the work of one step, below the 20 ms that nothing may take. */
export const QUESTION_SLICE_MS = 6;
/** Rows that a question reads in one step: a millisecond where the pages are in memory, some 15 where each has to come from the disk. */
export const QUESTION_ROWS = 200;
/** Questions that wait for their turns: a person and some programs ask; more is a loop that does not wait for answers. */
export const QUESTIONS_OPEN = 64;
/** Candidates told where an address means nothing or several things: what a line has room for. */
export const CANDIDATES = 5;
/** Places of one content that an answer tells: the rest is counted. */
export const PLACES_TOLD = 1_000;
/** Names that are compared with one that there is not: a large directory need not be read to its end for a hint. */
export const CANDIDATE_NAMES = 2_000;

/** A device that was not here for so many days is one that may never come again. */
export const AWAY_DAYS = 30;
/** A disk with less than this free is nearly full: what is written to it next may not fit. */
export const NEARLY_FULL_SHARE = 0.05;
/** Steps in which a question brings the figures of copies up to date before it answers: some two seconds; then it says how far behind they are. */
export const CATCH_UP_STEPS = 1_000;
/** Risks and groups of duplicates that one answer tells: the rest is counted. */
export const RISKS_TOLD = 200;
export const DUPLICATES_TOLD = 1_000;
/** States among which an example of a risk is looked for where the kept ones have changed: a second in slices. */
export const EXAMPLE_STATES = 100_000;
/** Characters and parts of a query: what a person types; each part costs a check of every hit. */
export const QUERY_CHARACTERS = 1_000;
export const QUERY_PARTS = 32;
/** The index of names goes on when nothing has changed for so long: a burst of changes has the thread for itself. */
export const INDEX_QUIET_MS = 300;
/** What it works at a time, and how long it rests after that: a third of one core while a million names are taken in, in a minute. */
export const INDEX_SLICE_MS = 5;
export const INDEX_REST_MS = 10;
/** Names that one step takes in, a millisecond or two, and those that one step of a sweep looks at. */
export const INDEX_NAMES = 100;
/** States said since names of states that are gone were looked for last, beyond which they are again: they only cost a look each. */
export const INDEX_SWEEP_STATES = 20_000;
/** Names that a question takes into the index before it answers, if that is behind: a fifth of a second. What is left is told. */
export const FIND_CATCH_UP = 20_000;
/** Names not yet in the index that a question looks through instead. */
export const FIND_TAIL = 1_000;
/**
 * Hits that are ranked, the newest of all: so many for each that is told, within two bounds. Beyond it is told that there are more, as it is
 * beyond the names that are looked at for them.
 */
export const FIND_RANKED_EACH = 50;
export const FIND_RANKED_LEAST = 1_000;
export const FIND_RANKED = 2_000;
export const FIND_EXAMINED = 100_000;
/** Where few of those that are looked at fit, it is enough to have looked at so many, and to have so many for each that is told. */
export const FIND_ENOUGH_EXAMINED = 5_000;
export const FIND_ENOUGH_EACH = 5;
/** The same where every one of these names has to be read, for a word of one or two letters. */
export const FIND_READ = 20_000;
// Texts: what is read of files so that their words can be found (R39).

/** Text of one content that is indexed and travels, in UTF-8: some ten thousand words, and one of them costs the main thread some 5 ms. */
export const TEXT_BYTES = 64 * 2 ** 10;
/** Such a text packed: raw deflate adds a few bytes to what cannot be made smaller. */
export const TEXT_PACKED_BYTES = TEXT_BYTES + 256;
/** Why a content has no text, in words. */
export const TEXT_NOTE_CHARACTERS = 200;
/** Bytes that are read of a plain text: in UTF-16, with its blanks, TEXT_BYTES come out of them. */
export const TEXT_PLAIN_BYTES = 512 * 2 ** 10;
/** Largest HTML file that is read; it is read whole, for its head may be long. */
export const TEXT_HTML_BYTES = 8 * 2 ** 20;
/** Largest PDF, DOCX, XLSX or EPUB that is read: they are held in memory. */
export const TEXT_FILE_BYTES = 64 * 2 ** 20;
/** Entries of an archive, the bytes of one of them and of all that are taken out: a bomb is none then. */
export const TEXT_ENTRIES = 20_000;
export const TEXT_ENTRY_BYTES = 32 * 2 ** 20;
export const TEXT_UNPACKED_BYTES = 64 * 2 ** 20;
/** Pages of a PDF that are looked at: those of scans have no words that would end it earlier. */
export const TEXT_PAGES = 1000;
/** Time that one file may take; then its reader is ended. */
export const TEXT_READ_MS = 20_000;
/** Memory that its reader may have for objects, and by which the program may grow meanwhile. */
export const TEXT_HEAP_MIB = 384;
export const TEXT_GROWTH_BYTES = 768 * 2 ** 20;
/** Contents that wait to be read at a time; the others follow from the rows. */
export const TEXTS_WAITING = 1000;
/** Records told in one page: some 50 KB. */
export const TEXT_HEADS = 500;
/** Texts in one request, and the packed bytes of one answer: unpacking and indexing them takes turns for a second at most. */
export const TEXTS_AT_ONCE = 64;
export const TEXTS_AT_ONCE_BYTES = 512 * 2 ** 10;
/** Texts that one member may make us keep: those of a whole library come through it. */
export const GIVEN_TEXTS = 2_000_000;
export const GIVEN_TEXT_BYTES = 2 * 2 ** 30;
/** Matches that are ranked, the newest: a word that is in every text must not hold the thread. */
export const TEXT_RANKED = 1000;
/** Words of one question for texts. */
export const TEXT_QUERY_TERMS = 16;

// ------------------------------------------------------------------------------------ what is kept of a folder

/** Patterns of what a device keeps of a folder: each is asked about each path that comes. */
export const KEEP_PATTERNS = 256;
/** As long as the longest path that a person would type. */
export const KEEP_PATTERN_CHARACTERS = 1024;

// ------------------------------------------------------------------------------------ a device without a terminal

/** The first pause before a device that failed is started again; each further one is twice as long … */
export const RESTART_PAUSE_MS = 1_000;
/** … up to this. Eight doublings lead there. */
export const RESTART_PAUSE_MAX_MS = 300_000;
/** A device that ran so long was well: the next pause is the first again. */
export const RESTART_WELL_MS = 600_000;
/** A log file that is larger is put aside, and so many are kept, the one in use among them. */
export const LOG_FILE_BYTES = 2 ** 20;
export const LOG_FILES = 5;
/** A line that is longer is cut there: a program that writes no line ends must not fill memory. */
export const LOG_LINE_BYTES = 16 * 2 ** 10;
/** What a tool of the system may take to answer. */
export const TOOL_MS = 120_000;
/** The longest command that every cron takes. */
export const CRON_COMMAND_BYTES = 990;
