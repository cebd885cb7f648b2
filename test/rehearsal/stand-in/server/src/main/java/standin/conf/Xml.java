package standin.conf;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.w3c.dom.Element;
import org.w3c.dom.Node;
import org.xml.sax.ErrorHandler;
import org.xml.sax.SAXException;
import org.xml.sax.SAXParseException;
import standin.StartupFailure;

/** What the readers of Carbon's XML files need: elements by name, and text as Axiom gives it (never trimmed). */
public final class Xml {
    private Xml() {
    }

    public static Element read(Path file, String logger) throws StartupFailure {
        try (InputStream in = Files.newInputStream(file)) {
            DocumentBuilderFactory factory = DocumentBuilderFactory.newInstance();
            factory.setNamespaceAware(true);
            javax.xml.parsers.DocumentBuilder builder = factory.newDocumentBuilder();
            builder.setErrorHandler(new Silent());
            return builder.parse(in).getDocumentElement();
        } catch (SAXParseException e) {
            throw new StartupFailure(logger, file + ", line " + e.getLineNumber() + ": " + e.getMessage(), e);
        } catch (SAXException | IOException | ParserConfigurationException e) {
            throw new StartupFailure(logger, "Cannot read " + file, e);
        }
    }

    /** Child elements of that name in no namespace: what Carbon asks for everywhere but in carbon.xml. */
    public static List<Element> children(Element parent, String name) {
        List<Element> result = new ArrayList<>();
        for (Element child : children(parent)) {
            if (child.getNamespaceURI() == null && child.getLocalName().equals(name)) {
                result.add(child);
            }
        }
        return result;
    }

    public static List<Element> children(Element parent) {
        List<Element> result = new ArrayList<>();
        for (Node node = parent.getFirstChild(); node != null; node = node.getNextSibling()) {
            if (node instanceof Element) {
                result.add((Element) node);
            }
        }
        return result;
    }

    /** The first child element of that name, or null. */
    public static Element child(Element parent, String name) {
        List<Element> found = children(parent, name);
        return found.isEmpty() ? null : found.get(0);
    }

    public static String text(Element element) {
        StringBuilder text = new StringBuilder();
        for (Node node = element.getFirstChild(); node != null; node = node.getNextSibling()) {
            if (node.getNodeType() == Node.TEXT_NODE || node.getNodeType() == Node.CDATA_SECTION_NODE) {
                text.append(node.getNodeValue());
            }
        }
        return text.toString();
    }

    /** The text of the first child of that name, or null. */
    public static String childText(Element parent, String name) {
        Element child = child(parent, name);
        return child == null ? null : text(child);
    }

    /** The value of an attribute in no namespace, or null. */
    public static String attribute(Element element, String name) {
        return element.hasAttributeNS(null, name) ? element.getAttributeNS(null, name) : null;
    }

    /** A secure vault is not imitated: its alias in place of a value must not pass for a value. */
    public static void refuseSecretAlias(Element element, String logger) throws StartupFailure {
        if (element.hasAttributeNS("http://org.wso2.securevault/configuration", "secretAlias")) {
            throw new StartupFailure(logger, "<" + element.getLocalName() + "> has a secretAlias; the stand-in has no secure vault");
        }
    }

    /** ${x} from system properties, then the environment; an unknown one stays. bytecode 4.4.26: ServerConfiguration */
    public static String resolveVariables(String text) {
        String result = text;
        int start = -1;
        while (start < result.indexOf("${") && (start = result.indexOf("${")) != -1) {
            int end = result.indexOf('}', start);
            if (end < 0) {
                break;
            }
            String name = result.substring(start + 2, end);
            String value = System.getProperty(name) == null ? System.getenv(name) : System.getProperty(name);
            if (value != null) {
                result = result.substring(0, start) + value + result.substring(end + 1);
            }
        }
        return result;
    }

    private static final class Silent implements ErrorHandler {
        @Override
        public void warning(SAXParseException e) {
            // Carbon's parsers say nothing either.
        }

        @Override
        public void error(SAXParseException e) {
            // Validity errors only; not asked for.
        }

        @Override
        public void fatalError(SAXParseException e) throws SAXException {
            throw e;
        }
    }
}
