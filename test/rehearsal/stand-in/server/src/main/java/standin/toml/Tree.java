package standin.toml;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.tomlj.TomlArray;
import org.tomlj.TomlTable;

/** The values of a TOML file as nested maps, addressed by dotted paths. */
final class Tree {
    private final Map<String, Object> root;

    private Tree(Map<String, Object> root) {
        this.root = root;
    }

    static Tree of(TomlTable table) {
        return new Tree(map(table));
    }

    private static Map<String, Object> map(TomlTable table) {
        Map<String, Object> result = new LinkedHashMap<>();
        for (Map.Entry<String, Object> entry : table.entrySet()) {
            result.put(entry.getKey(), plain(entry.getValue()));
        }
        return result;
    }

    private static Object plain(Object value) {
        if (value instanceof TomlTable) {
            return map((TomlTable) value);
        }
        if (value instanceof TomlArray) {
            List<Object> list = new ArrayList<>();
            for (Object item : ((TomlArray) value).toList()) {
                list.add(plain(item));
            }
            return list;
        }
        return value;
    }

    Map<String, Object> root() {
        return root;
    }

    /** The value at the path, or null. */
    Object get(String path) {
        Object value = root;
        for (String name : path.split("\\.")) {
            value = value instanceof Map ? ((Map<?, ?>) value).get(name) : null;
        }
        return value;
    }

    /** The value as it would stand in a template's output: nothing for one that is not defined. */
    String text(String path) {
        Object value = get(path);
        return value == null ? "" : value.toString();
    }

    @SuppressWarnings("unchecked")
    Map<String, Object> table(String path) {
        Object value = get(path);
        return value instanceof Map ? (Map<String, Object>) value : new LinkedHashMap<>();
    }

    List<?> list(String path) {
        Object value = get(path);
        return value instanceof List ? (List<?>) value : new ArrayList<>();
    }

    void set(String path, Object value) {
        int dot = path.lastIndexOf('.');
        parent(path.substring(0, dot)).put(path.substring(dot + 1), value);
    }

    void setDefault(String path, Object value) {
        if (get(path) == null) {
            set(path, value);
        }
    }

    Object remove(String path) {
        int dot = path.lastIndexOf('.');
        return table(path.substring(0, dot)).remove(path.substring(dot + 1));
    }

    @SuppressWarnings("unchecked")
    private Map<String, Object> parent(String path) {
        Map<String, Object> table = root;
        for (String name : path.split("\\.")) {
            Object next = table.get(name);
            if (!(next instanceof Map)) {
                next = new LinkedHashMap<String, Object>();
                table.put(name, next);
            }
            table = (Map<String, Object>) next;
        }
        return table;
    }

    /** Adds to the table at that path a key that may itself hold dots. */
    void put(String tablePath, String key, Object value) {
        parent(tablePath).putIfAbsent(key, value);
    }
}
