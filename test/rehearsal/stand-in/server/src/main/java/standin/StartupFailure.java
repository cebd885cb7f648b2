package standin;

/** The server cannot start. Carries the logger and the message that Carbon would log, as far as they are known. */
public final class StartupFailure extends Exception {
    private static final long serialVersionUID = 1L;

    private final String logger;

    public StartupFailure(String logger, String message) {
        this(logger, message, null);
    }

    public StartupFailure(String logger, String message, Throwable cause) {
        super(message, cause);
        this.logger = logger;
    }

    public String logger() {
        return logger;
    }
}
