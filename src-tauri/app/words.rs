//! The words that the shell itself says: in the tray and in notifications. The page has its own.

/// The shell's words in one language.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Words {
    pub(crate) ready: &'static str,
    pub(crate) ringing: &'static str,
    pub(crate) on_call: &'static str,
    pub(crate) muted: &'static str,
    pub(crate) held: &'static str,
    pub(crate) wrap_up: &'static str,
    pub(crate) paused: &'static str,
    /// With the reason in the place of `{ $reason }`.
    pub(crate) paused_for: &'static str,
    pub(crate) unset: &'static str,
    pub(crate) no_queue: &'static str,
    pub(crate) no_microphone: &'static str,
    pub(crate) no_line: &'static str,
    pub(crate) connecting: &'static str,
    pub(crate) reconnecting: &'static str,
    pub(crate) signed_out: &'static str,
    pub(crate) no_phone: &'static str,
    pub(crate) pause: &'static str,
    pub(crate) mute: &'static str,
    pub(crate) hang_up: &'static str,
    pub(crate) open: &'static str,
    pub(crate) check: &'static str,
    pub(crate) quit: &'static str,
    pub(crate) incoming: &'static str,
    pub(crate) answer: &'static str,
    pub(crate) decline: &'static str,
    pub(crate) missed: &'static str,
    pub(crate) withheld: &'static str,
    pub(crate) free: &'static str,
    pub(crate) awake: &'static str,
    pub(crate) hangs: &'static str,
    pub(crate) hangs_line: &'static str,
    pub(crate) wait: &'static str,
    pub(crate) end_and_start: &'static str,
    pub(crate) another_device: &'static str,
    pub(crate) wanted: &'static str,
    pub(crate) move_now: &'static str,
    pub(crate) after_call: &'static str,
    pub(crate) stay: &'static str,
    pub(crate) link_without_number: &'static str,
    pub(crate) link_not_followed: &'static str,
    pub(crate) link_signed_out: &'static str,
    /// Another link is asked about, and stays.
    pub(crate) another_link: &'static str,
}

const ENGLISH: Words = Words {
    ready: "Ready",
    ringing: "Ringing",
    on_call: "On a call",
    muted: "On a call – you are muted",
    held: "On hold",
    wrap_up: "Wrap-up",
    paused: "Paused",
    paused_for: "Paused – { $reason }",
    unset: "Say when you are ready",
    no_queue: "Not ready – queue",
    no_microphone: "Not ready – microphone",
    no_line: "Not ready – line",
    connecting: "Connecting…",
    reconnecting: "Reconnecting…",
    signed_out: "Signed out",
    no_phone: "This account has no phone",
    pause: "Pause",
    mute: "Mute",
    hang_up: "Hang up",
    open: "Open",
    check: "Check my phone",
    quit: "Quit",
    incoming: "Incoming call",
    answer: "Answer",
    decline: "Decline",
    missed: "Missed call",
    withheld: "Number withheld",
    free: "Signed out. Your phone is free.",
    awake: "A call is on",
    hangs: "Your phone does not answer",
    hangs_line: "Helix Phone runs already, but it hangs. You can wait for it, or end it and start it again. A call that is on ends with it.",
    wait: "Wait",
    end_and_start: "End and start again",
    another_device: "Another device",
    wanted: "Your phone is wanted there",
    move_now: "Move now",
    after_call: "After this call",
    stay: "No, stay here",
    link_without_number: "This link holds no number that can be called.",
    link_not_followed: "Your organisation does not have links of this kind followed.",
    link_signed_out: "Sign in, then you are asked whether to call.",
    another_link: "Answer the first link, then open the other one again.",
};

const GERMAN: Words = Words {
    ready: "Bereit",
    ringing: "Es klingelt",
    on_call: "Im Gespräch",
    muted: "Im Gespräch – Sie sind stumm",
    held: "Gehalten",
    wrap_up: "Nacharbeit",
    paused: "Pause",
    paused_for: "Pause – { $reason }",
    unset: "Wann sind Sie bereit?",
    no_queue: "Nicht bereit – Warteschlange",
    no_microphone: "Nicht bereit – Mikrofon",
    no_line: "Nicht bereit – Leitung",
    connecting: "Verbinden…",
    reconnecting: "Neu verbinden…",
    signed_out: "Abgemeldet",
    no_phone: "Dieses Konto hat kein Telefon",
    pause: "Pause",
    mute: "Stumm",
    hang_up: "Auflegen",
    open: "Öffnen",
    check: "Telefon prüfen",
    quit: "Beenden",
    incoming: "Eingehender Anruf",
    answer: "Annehmen",
    decline: "Ablehnen",
    missed: "Verpasster Anruf",
    withheld: "Nummer unterdrückt",
    free: "Abgemeldet. Ihr Telefon ist frei.",
    awake: "Ein Gespräch läuft",
    hangs: "Ihr Telefon antwortet nicht",
    hangs_line: "Helix Phone läuft bereits, hängt aber. Sie können warten oder es beenden und neu starten. Ein laufendes Gespräch endet damit.",
    wait: "Warten",
    end_and_start: "Beenden und neu starten",
    another_device: "Ein anderes Gerät",
    wanted: "Ihr Telefon wird dort gewünscht",
    move_now: "Jetzt umziehen",
    after_call: "Nach diesem Gespräch",
    stay: "Nein, hier bleiben",
    link_without_number: "Dieser Link enthält keine Nummer, die man anrufen kann.",
    link_not_followed: "Ihre Organisation lässt Links dieser Art nicht zu.",
    link_signed_out: "Melden Sie sich an, dann werden Sie gefragt, ob angerufen werden soll.",
    another_link: "Beantworten Sie den ersten Link und öffnen Sie dann den anderen noch einmal.",
};

const HINDI: Words = Words {
    ready: "तैयार",
    ringing: "घंटी बज रही है",
    on_call: "कॉल पर",
    muted: "कॉल पर – आप म्यूट हैं",
    held: "होल्ड पर",
    wrap_up: "कॉल के बाद का काम",
    paused: "विराम पर",
    paused_for: "विराम – { $reason }",
    unset: "बताएँ कि आप कब तैयार हैं",
    no_queue: "तैयार नहीं – कतार",
    no_microphone: "तैयार नहीं – माइक",
    no_line: "तैयार नहीं – लाइन",
    connecting: "कनेक्ट हो रहा है…",
    reconnecting: "फिर कनेक्ट हो रहा है…",
    signed_out: "साइन आउट",
    no_phone: "इस अकाउंट में फ़ोन नहीं है",
    pause: "विराम",
    mute: "म्यूट",
    hang_up: "कॉल काटें",
    open: "खोलें",
    check: "मेरा फ़ोन जाँचें",
    quit: "बंद करें",
    incoming: "आने वाली कॉल",
    answer: "उत्तर दें",
    decline: "अस्वीकार करें",
    missed: "छूटी हुई कॉल",
    withheld: "नंबर छिपाया गया",
    free: "साइन आउट हो गया। आपका फ़ोन मुक्त है।",
    awake: "कॉल चल रही है",
    hangs: "आपका फ़ोन जवाब नहीं दे रहा है",
    hangs_line: "Helix Phone पहले से चल रहा है, पर अटक गया है। आप इंतज़ार कर सकते हैं, या उसे बंद करके फिर से शुरू कर सकते हैं। चल रही कॉल भी उसके साथ कट जाएगी।",
    wait: "इंतज़ार करें",
    end_and_start: "बंद करके फिर शुरू करें",
    another_device: "दूसरा डिवाइस",
    wanted: "आपका फ़ोन वहाँ माँगा जा रहा है",
    move_now: "अभी ले जाएँ",
    after_call: "इस कॉल के बाद",
    stay: "नहीं, यहीं रखें",
    link_without_number: "इस लिंक में ऐसा कोई नंबर नहीं है जिस पर कॉल की जा सके।",
    link_not_followed: "आपका संगठन इस तरह के लिंक खोलने की अनुमति नहीं देता।",
    link_signed_out: "साइन इन करें, फिर आपसे पूछा जाएगा कि कॉल करनी है या नहीं।",
    another_link: "पहले लिंक का जवाब दें, फिर दूसरा लिंक दोबारा खोलें।",
};

const SPANISH: Words = Words {
    ready: "Listo",
    ringing: "Sonando",
    on_call: "En llamada",
    muted: "En llamada: micrófono silenciado",
    held: "En espera",
    wrap_up: "Trabajo posterior",
    paused: "En pausa",
    paused_for: "En pausa: { $reason }",
    unset: "Indique cuándo está disponible",
    no_queue: "No disponible: cola",
    no_microphone: "No listo: micrófono",
    no_line: "No listo: línea",
    connecting: "Conectando…",
    reconnecting: "Reconectando…",
    signed_out: "Sesión cerrada",
    no_phone: "Esta cuenta no tiene teléfono",
    pause: "Pausa",
    mute: "Silenciar",
    hang_up: "Colgar",
    open: "Abrir",
    check: "Comprobar el teléfono",
    quit: "Salir",
    incoming: "Llamada entrante",
    answer: "Contestar",
    decline: "Rechazar",
    missed: "Llamada perdida",
    withheld: "Número oculto",
    free: "Sesión cerrada. Su teléfono está libre.",
    awake: "Hay una llamada en curso",
    hangs: "Su teléfono no responde",
    hangs_line: "Helix Phone ya está abierto, pero no responde. Puede esperar, o cerrarlo y abrirlo de nuevo. Una llamada en curso se cortará.",
    wait: "Esperar",
    end_and_start: "Cerrar y abrir de nuevo",
    another_device: "Otro dispositivo",
    wanted: "Piden allí su teléfono",
    move_now: "Mover ahora",
    after_call: "Después de esta llamada",
    stay: "No, quedarse aquí",
    link_without_number: "Este enlace no contiene ningún número al que se pueda llamar.",
    link_not_followed: "Su organización no permite abrir enlaces de este tipo.",
    link_signed_out: "Inicie sesión y se le preguntará si desea llamar.",
    another_link: "Responda al primer enlace y vuelva a abrir el otro.",
};

const ARABIC: Words = Words {
    ready: "جاهز",
    ringing: "يرن الآن",
    on_call: "في مكالمة",
    muted: "في مكالمة – الميكروفون مكتوم",
    held: "قيد الانتظار",
    wrap_up: "عمل ما بعد المكالمة",
    paused: "متوقف مؤقتًا",
    paused_for: "متوقف مؤقتًا – { $reason }",
    unset: "أخبرنا متى تكون جاهزًا",
    no_queue: "غير جاهز – الطابور",
    no_microphone: "غير جاهز – الميكروفون",
    no_line: "غير جاهز – الخط",
    connecting: "جارٍ الاتصال…",
    reconnecting: "جارٍ إعادة الاتصال…",
    signed_out: "تم تسجيل الخروج",
    no_phone: "لا يوجد هاتف لهذا الحساب",
    pause: "إيقاف مؤقت",
    mute: "كتم الصوت",
    hang_up: "إنهاء المكالمة",
    open: "فتح",
    check: "اختبار الهاتف",
    quit: "إنهاء",
    incoming: "مكالمة واردة",
    answer: "رد",
    decline: "رفض",
    missed: "مكالمة فائتة",
    withheld: "رقم محجوب",
    free: "تم تسجيل الخروج. هاتفك متاح.",
    awake: "هناك مكالمة جارية",
    hangs: "هاتفك لا يستجيب",
    hangs_line: "يعمل Helix Phone بالفعل لكنه متوقف عن الاستجابة. يمكنك الانتظار، أو إنهاؤه وتشغيله من جديد. ستنقطع معه أي مكالمة جارية.",
    wait: "انتظار",
    end_and_start: "إنهاء وتشغيل من جديد",
    another_device: "جهاز آخر",
    wanted: "هاتفك مطلوب هناك",
    move_now: "النقل الآن",
    after_call: "بعد هذه المكالمة",
    stay: "لا، يبقى هنا",
    link_without_number: "لا يحتوي هذا الرابط على رقم يمكن الاتصال به.",
    link_not_followed: "لا تسمح مؤسستك بفتح روابط من هذا النوع.",
    link_signed_out: "سجّل الدخول، ثم ستُسأل هل تريد الاتصال.",
    another_link: "أجب عن الرابط الأول، ثم افتح الآخر مرة أخرى.",
};

/// Returns the words of a language, by its tag ("de", "de-AT", "de_AT.UTF-8"); English where it is
/// not spoken here.
pub(crate) fn words(language: &str) -> &'static Words {
    let language = language
        .split(['-', '_', '.', '@'])
        .next()
        .unwrap_or_default();
    match language.to_ascii_lowercase().as_str() {
        "de" => &GERMAN,
        "hi" => &HINDI,
        "es" => &SPANISH,
        "ar" => &ARABIC,
        _ => &ENGLISH,
    }
}

#[cfg(test)]
mod tests {
    use engine::LANGUAGES;

    use super::*;

    #[test]
    fn each_language_of_the_window_has_words_of_its_own() {
        for language in LANGUAGES {
            assert_eq!(*words(language) == ENGLISH, language == "en", "{language}");
        }
    }

    #[test]
    fn the_tray_says_what_the_phone_is_as_the_page_says_it() {
        for (language, page) in [
            ("en", include_str!("../../ui/src/words/en.ftl")),
            ("de", include_str!("../../ui/src/words/de.ftl")),
            ("hi", include_str!("../../ui/src/words/hi.ftl")),
            ("es", include_str!("../../ui/src/words/es.ftl")),
            ("ar", include_str!("../../ui/src/words/ar.ftl")),
        ] {
            let Words {
                ready,
                ringing,
                on_call,
                held,
                wrap_up,
                paused,
                paused_for,
                unset,
                no_queue,
                no_microphone,
                no_line,
                connecting,
                reconnecting,
                signed_out,
                no_phone,
                check,
                hang_up,
                ..
            } = words(language);
            for (key, word) in [
                ("state-ready", ready),
                ("state-ringing", ringing),
                ("state-on-a-call", on_call),
                ("state-on-hold", held),
                ("state-wrap-up", wrap_up),
                ("state-paused", paused),
                ("state-paused-for", paused_for),
                ("state-unset", unset),
                ("state-no-queue", no_queue),
                ("state-no-microphone", no_microphone),
                ("state-no-line", no_line),
                ("state-connecting", connecting),
                ("state-reconnecting", reconnecting),
                ("state-signed-out", signed_out),
                ("no-phone-title", no_phone),
                ("check-phone", check),
                ("hang-up", hang_up),
            ] {
                let line = format!("{key} = {word}");
                assert!(page.lines().any(|it| it == line), "{language}: {line}");
            }
        }
    }

    #[test]
    fn a_system_names_its_language_in_many_ways() {
        for tag in ["de", "DE", "de-AT", "de_DE.UTF-8", "de_DE@euro"] {
            assert_eq!(*words(tag), GERMAN, "{tag}");
        }
        for tag in ["", "C", "C.UTF-8", "fr-FR", "den"] {
            assert_eq!(*words(tag), ENGLISH, "{tag}");
        }
    }
}
