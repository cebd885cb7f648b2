package standin.log;

/** The levels of log4j, which Carbon's log files are written with. */
public enum Level {
    TRACE, DEBUG, INFO, WARN, ERROR, FATAL, OFF;

    /** The level of a word of a log4j file, or null for a word that is no level. */
    static Level of(String word) {
        String name = word.trim().toUpperCase(java.util.Locale.ROOT);
        if (name.equals("ALL")) {
            return TRACE;
        }
        for (Level level : values()) {
            if (level.name().equals(name)) {
                return level;
            }
        }
        return null;
    }

    static Level of(java.util.logging.Level level) {
        int value = level.intValue();
        if (value >= java.util.logging.Level.SEVERE.intValue()) {
            return ERROR;
        }
        if (value >= java.util.logging.Level.WARNING.intValue()) {
            return WARN;
        }
        if (value >= java.util.logging.Level.INFO.intValue()) {
            return INFO;
        }
        return value >= java.util.logging.Level.FINE.intValue() ? DEBUG : TRACE;
    }

    static Level of(org.apache.log4j.Level level) {
        Level known = of(level.toString());
        return known == null ? INFO : known;
    }
}
