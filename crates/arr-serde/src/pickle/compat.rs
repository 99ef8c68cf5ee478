//! Names of Python 2 and those that Python 3 has for them: protocols below 3 have the old ones, whoever has written them. The
//! tables are those of Python's own `_compat_pickle`.

/// Modules of Python 2, what they are called in Python 3, and whether these are called so in Python 2 again: several of
/// Python 2 are one of Python 3.
const MODULES: &[(&str, &str, bool)] = &[
    ("__builtin__", "builtins", true),
    ("copy_reg", "copyreg", true),
    ("Queue", "queue", true),
    ("SocketServer", "socketserver", true),
    ("ConfigParser", "configparser", true),
    ("repr", "reprlib", true),
    ("tkSimpleDialog", "tkinter.simpledialog", true),
    ("tkColorChooser", "tkinter.colorchooser", true),
    ("tkCommonDialog", "tkinter.commondialog", true),
    ("tkFileDialog", "tkinter.filedialog", true),
    ("Dialog", "tkinter.dialog", true),
    ("Tkdnd", "tkinter.dnd", true),
    ("tkFont", "tkinter.font", true),
    ("tkMessageBox", "tkinter.messagebox", true),
    ("ScrolledText", "tkinter.scrolledtext", true),
    ("Tkconstants", "tkinter.constants", true),
    ("ttk", "tkinter.ttk", true),
    ("Tkinter", "tkinter", true),
    ("markupbase", "_markupbase", true),
    ("_winreg", "winreg", true),
    ("thread", "_thread", true),
    ("dummy_thread", "_dummy_thread", true),
    ("dbhash", "dbm.bsd", true),
    ("dumbdbm", "dbm.dumb", true),
    ("dbm", "dbm.ndbm", true),
    ("gdbm", "dbm.gnu", true),
    ("xmlrpclib", "xmlrpc.client", true),
    ("SimpleXMLRPCServer", "xmlrpc.server", true),
    ("httplib", "http.client", true),
    ("htmlentitydefs", "html.entities", true),
    ("HTMLParser", "html.parser", true),
    ("Cookie", "http.cookies", true),
    ("cookielib", "http.cookiejar", true),
    ("BaseHTTPServer", "http.server", true),
    ("test.test_support", "test.support", true),
    ("commands", "subprocess", false),
    ("urlparse", "urllib.parse", true),
    ("robotparser", "urllib.robotparser", true),
    ("urllib2", "urllib.request", true),
    ("anydbm", "dbm", true),
    ("_abcoll", "collections.abc", true),
    ("cPickle", "pickle", false),
    ("_elementtree", "xml.etree.ElementTree", false),
    ("FileDialog", "tkinter.filedialog", false),
    ("SimpleDialog", "tkinter.simpledialog", false),
    ("DocXMLRPCServer", "xmlrpc.server", false),
    ("SimpleHTTPServer", "http.server", false),
    ("CGIHTTPServer", "http.server", false),
    ("UserDict", "collections", false),
    ("UserList", "collections", false),
    ("UserString", "collections", false),
    ("whichdb", "dbm", false),
    ("StringIO", "io", false),
    ("cStringIO", "io", false),
    // The errors themselves are in `__builtin__` too.
    ("exceptions", "builtins", false),
];

/// A module, and a name in it.
type Name = (&'static str, &'static str);

/// Names whose modules do not tell, in the same way.
const NAMES: &[(Name, Name, bool)] = &[
    (("__builtin__", "xrange"), ("builtins", "range"), true),
    (("__builtin__", "reduce"), ("functools", "reduce"), true),
    (("__builtin__", "intern"), ("sys", "intern"), true),
    (("__builtin__", "unichr"), ("builtins", "chr"), true),
    (("__builtin__", "unicode"), ("builtins", "str"), true),
    (("__builtin__", "basestring"), ("builtins", "str"), false),
    (("__builtin__", "long"), ("builtins", "int"), false),
    (("exceptions", "StandardError"), ("builtins", "Exception"), false),
    (("itertools", "izip"), ("builtins", "zip"), true),
    (("itertools", "imap"), ("builtins", "map"), true),
    (("itertools", "ifilter"), ("builtins", "filter"), true),
    (("itertools", "ifilterfalse"), ("itertools", "filterfalse"), true),
    (("itertools", "izip_longest"), ("itertools", "zip_longest"), true),
    (("UserDict", "IterableUserDict"), ("collections", "UserDict"), true),
    (("UserList", "UserList"), ("collections", "UserList"), true),
    (("UserString", "UserString"), ("collections", "UserString"), true),
    (("_socket", "fromfd"), ("socket", "fromfd"), true),
    (("socket", "_socketobject"), ("socket", "SocketType"), false),
    (("_multiprocessing", "Connection"), ("multiprocessing.connection", "Connection"), true),
    (("multiprocessing.process", "Process"), ("multiprocessing.context", "Process"), true),
    (("multiprocessing.forking", "Popen"), ("multiprocessing.popen_fork", "Popen"), true),
    (("multiprocessing", "AuthenticationError"), ("multiprocessing.context", "AuthenticationError"), true),
    (("multiprocessing", "BufferTooShort"), ("multiprocessing.context", "BufferTooShort"), true),
    (("multiprocessing", "ProcessError"), ("multiprocessing.context", "ProcessError"), true),
    (("multiprocessing", "TimeoutError"), ("multiprocessing.context", "TimeoutError"), true),
    (("urllib", "ContentTooShortError"), ("urllib.error", "ContentTooShortError"), true),
    (("urllib", "getproxies"), ("urllib.request", "getproxies"), true),
    (("urllib", "pathname2url"), ("urllib.request", "pathname2url"), true),
    (("urllib", "quote_plus"), ("urllib.parse", "quote_plus"), true),
    (("urllib", "quote"), ("urllib.parse", "quote"), true),
    (("urllib", "unquote_plus"), ("urllib.parse", "unquote_plus"), true),
    (("urllib", "unquote"), ("urllib.parse", "unquote"), true),
    (("urllib", "url2pathname"), ("urllib.request", "url2pathname"), true),
    (("urllib", "urlcleanup"), ("urllib.request", "urlcleanup"), true),
    (("urllib", "urlencode"), ("urllib.parse", "urlencode"), true),
    (("urllib", "urlopen"), ("urllib.request", "urlopen"), true),
    (("urllib", "urlretrieve"), ("urllib.request", "urlretrieve"), true),
    (("urllib2", "HTTPError"), ("urllib.error", "HTTPError"), true),
    (("urllib2", "URLError"), ("urllib.error", "URLError"), true),
];

/// A name of a protocol below 3 as Python 3 has it.
pub(super) fn in_python_3<'n>(module: &'n str, name: &'n str) -> (&'n str, &'n str) {
    if let Some((_, new, _)) = NAMES.iter().find(|(old, ..)| *old == (module, name)) {
        return *new;
    }
    let known = MODULES.iter().find(|(old, ..)| *old == module);
    (known.map_or(module, |(_, new, _)| *new), name)
}

/// A name of Python 3 as a protocol below 3 has it.
pub(super) fn in_python_2<'n>(module: &'n str, name: &'n str) -> (&'n str, &'n str) {
    if let Some((old, ..)) = NAMES.iter().find(|(_, new, back)| *back && *new == (module, name)) {
        return *old;
    }
    let known = MODULES.iter().find(|(_, new, back)| *back && *new == module);
    (known.map_or(module, |(old, ..)| *old), name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_both_pythons_are_those_of_the_other() {
        for (old, new) in [
            (("__builtin__", "xrange"), ("builtins", "range")),
            (("__builtin__", "set"), ("builtins", "set")),
            (("Queue", "Empty"), ("queue", "Empty")),
            (("UserDict", "IterableUserDict"), ("collections", "UserDict")),
            (("m", "n"), ("m", "n")),
        ] {
            assert_eq!(in_python_3(old.0, old.1), new);
            assert_eq!(in_python_2(new.0, new.1), old);
        }
        assert_eq!(in_python_3("exceptions", "ValueError"), ("builtins", "ValueError"));
        assert_eq!(in_python_2("builtins", "ValueError"), ("__builtin__", "ValueError"));
        assert_eq!(in_python_2("collections", "OrderedDict"), ("collections", "OrderedDict"));
    }
}
