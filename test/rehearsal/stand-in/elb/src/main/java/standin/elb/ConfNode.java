package standin.elb;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import standin.StartupFailure;

/**
 * A block of loadbalancer.conf. The real reader works by lines, and so does this one: a brace that opens ends its line, one
 * that closes has a line of its own, and a value ends at the first semicolon. wso2 lb.common: NodeBuilder
 */
final class ConfNode {
    private static final String LOGGER = "org.wso2.carbon.lb.common.conf.structure.NodeBuilder";

    final String name;
    final Map<String, String> properties = new LinkedHashMap<>();
    final List<ConfNode> children = new ArrayList<>();

    private ConfNode(String name) {
        this.name = name;
    }

    /** A block that is not closed at the end is taken as closed there, as the real reader does. */
    static ConfNode parse(String text) throws StartupFailure {
        ConfNode root = new ConfNode("root");
        Deque<ConfNode> open = new ArrayDeque<>();
        open.push(root);
        for (String raw : text.split("\n")) {
            String line = withoutComment(raw).trim();
            if (line.contains("{") && !line.contains("${")) {
                ConfNode child = new ConfNode(line.substring(0, line.indexOf('{')).trim());
                open.peek().children.add(child);
                open.push(child);
            } else if (line.equals("}")) {
                if (open.size() > 1) {
                    open.pop();
                }
            } else if (!line.isEmpty()) {
                open.peek().addProperty(line);
            }
        }
        return root;
    }

    private static String withoutComment(String line) {
        int comment = line.indexOf('#');
        return comment < 0 ? line : line.substring(0, comment);
    }

    private void addProperty(String line) throws StartupFailure {
        String key = line.split("\\s+")[0];
        int end = line.indexOf(';');
        if (end < key.length()) {
            throw new StartupFailure(LOGGER, "Malformatted property is defined in the configuration file. " + line);
        }
        properties.put(key, line.substring(key.length(), end).trim());
    }

    /** The first block of that name, or null. */
    ConfNode child(String wanted) {
        return children.stream().filter(each -> each.name.equals(wanted)).findFirst().orElse(null);
    }
}
