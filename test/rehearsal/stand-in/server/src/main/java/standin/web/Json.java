package standin.web;

import java.util.Iterator;
import java.util.Map;

/** Writes maps, lists, texts, numbers and booleans as JSON. */
final class Json {
    private Json() {
    }

    static String of(Object value) {
        StringBuilder text = new StringBuilder();
        append(text, value);
        return text.append('\n').toString();
    }

    private static void append(StringBuilder text, Object value) {
        if (value instanceof Map) {
            appendMap(text, (Map<?, ?>) value);
        } else if (value instanceof Iterable) {
            appendList(text, (Iterable<?>) value);
        } else if (value == null || value instanceof Number || value instanceof Boolean) {
            text.append(value);
        } else {
            appendText(text, value.toString());
        }
    }

    private static void appendMap(StringBuilder text, Map<?, ?> map) {
        String separator = "{";
        for (Map.Entry<?, ?> entry : map.entrySet()) {
            text.append(separator);
            appendText(text, entry.getKey().toString());
            text.append(": ");
            append(text, entry.getValue());
            separator = ", ";
        }
        text.append(map.isEmpty() ? "{}" : "}");
    }

    private static void appendList(StringBuilder text, Iterable<?> list) {
        text.append('[');
        for (Iterator<?> items = list.iterator(); items.hasNext();) {
            append(text, items.next());
            text.append(items.hasNext() ? ", " : "");
        }
        text.append(']');
    }

    private static void appendText(StringBuilder text, String value) {
        text.append('"');
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            if (c == '"' || c == '\\') {
                text.append('\\').append(c);
            } else if (c < ' ' || c > '~') {
                text.append(String.format("\\u%04x", (int) c));
            } else {
                text.append(c);
            }
        }
        text.append('"');
    }
}
