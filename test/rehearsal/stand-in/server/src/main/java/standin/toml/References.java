package standin.toml;

import java.util.List;
import java.util.ListIterator;
import java.util.Map;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import standin.StartupFailure;

/** Resolves $sys{}, $env{} and $ref{}, in this order; each must lead somewhere. config-mapper: ReferenceResolver */
final class References {
    private static final String LOGGER = "org.wso2.config.mapper.ConfigParser";
    private static final int MAX_DEPTH = 10;

    private final Tree tree;

    References(Tree tree) {
        this.tree = tree;
    }

    void resolve() throws StartupFailure {
        refuseSecrets(tree.root());
        replace(tree.root(), "sys", name -> emptyToNull(System.getProperty(name)), "Error while retrieving %s system property");
        replace(tree.root(), "env", System::getenv, "Environment variable %s not defined in system");
        for (int depth = 0; depth < MAX_DEPTH; depth++) {
            replace(tree.root(), "ref", this::referenced, "References can't be resolved for %s");
        }
    }

    private static String emptyToNull(String value) {
        return value == null || value.isEmpty() ? null : value;
    }

    private String referenced(String path) {
        Object value = tree.get(path);
        return value == null ? null : value.toString();
    }

    private void refuseSecrets(Object value) throws StartupFailure {
        if (value instanceof Map) {
            for (Object inner : ((Map<?, ?>) value).values()) {
                refuseSecrets(inner);
            }
        } else if (value instanceof List) {
            for (Object inner : (List<?>) value) {
                refuseSecrets(inner);
            }
        } else if (value instanceof String && ((String) value).contains("$secret{")) {
            throw new StartupFailure(LOGGER, "deployment.toml refers to a secret; the stand-in has no secure vault");
        }
    }

    @SuppressWarnings("unchecked")
    private static void replace(Object container, String kind, Function<String, String> lookup, String failure) throws StartupFailure {
        if (container instanceof Map) {
            for (Map.Entry<String, Object> entry : ((Map<String, Object>) container).entrySet()) {
                entry.setValue(replaced(entry.getValue(), kind, lookup, failure));
            }
        } else if (container instanceof List) {
            for (ListIterator<Object> items = ((List<Object>) container).listIterator(); items.hasNext();) {
                items.set(replaced(items.next(), kind, lookup, failure));
            }
        }
    }

    private static Object replaced(Object value, String kind, Function<String, String> lookup, String failure) throws StartupFailure {
        if (!(value instanceof String)) {
            replace(value, kind, lookup, failure);
            return value;
        }
        Matcher matcher = Pattern.compile("\\$" + kind + "\\{([^}]*)\\}").matcher((String) value);
        StringBuffer result = new StringBuffer();
        while (matcher.find()) {
            String found = lookup.apply(matcher.group(1));
            if (found == null) {
                throw new StartupFailure(LOGGER, String.format(failure, matcher.group(1)));
            }
            matcher.appendReplacement(result, Matcher.quoteReplacement(found));
        }
        return matcher.appendTail(result).toString();
    }
}
